#include "service/api/unknown_fields.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/unknown_field_set.h"
#include "proto/contract/error_details.h"

namespace muster::service {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr size_t kMostNamed = 10;

using Paths = std::set<std::string>;  // each once

// From the request to a message in it. The text is made only where there is something to tell:
// requests can have very many messages.
struct Step {
  const FieldDescriptor* field;
  int index;  // -1: not repeated
};
using Way = std::vector<Step>;

std::string TextOf(const Way& way) {
  std::string text;
  for (const Step& step : way) {
    absl::StrAppend(&text, step.field->name());
    if (step.index >= 0) absl::StrAppend(&text, "[", step.index, "]");
    absl::StrAppend(&text, ".");
  }
  return text;
}

void Collect(const Message& message, Way* way, Paths* paths);

void CollectIn(const Message& message, const FieldDescriptor* field, Way* way, Paths* paths) {
  const Reflection& reflection = *message.GetReflection();
  way->push_back({field, -1});
  if (field->is_repeated()) {
    const int size = reflection.FieldSize(message, field);
    for (int i = 0; i < size && paths->size() < kMostNamed; ++i) {
      way->back().index = i;
      Collect(reflection.GetRepeatedMessage(message, field, i), way, paths);
    }
  } else {
    Collect(reflection.GetMessage(message, field), way, paths);
  }
  way->pop_back();
}

bool IsKnown(const FieldDescriptor* field, int value) {
  return field->enum_type()->FindValueByNumber(value) != nullptr;
}

// Of enums.
void CollectValues(const Message& message, const FieldDescriptor* field, const Way& way,
                   Paths* paths) {
  const Reflection& reflection = *message.GetReflection();
  const auto note = [&](int value) {
    if (IsKnown(field, value) || paths->size() >= kMostNamed) return;
    paths->insert(absl::StrCat(TextOf(way), field->name(), " = ", value));
  };
  if (!field->is_repeated()) return note(reflection.GetEnumValue(message, field));
  for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
    note(reflection.GetRepeatedEnumValue(message, field, i));
  }
}

void Collect(const Message& message, Way* way, Paths* paths) {
  const Reflection& reflection = *message.GetReflection();
  const google::protobuf::UnknownFieldSet& unknown = reflection.GetUnknownFields(message);
  for (int i = 0; i < unknown.field_count() && paths->size() < kMostNamed; ++i) {
    paths->insert(absl::StrCat(TextOf(*way), "field ", unknown.field(i).number()));
  }
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM)
      CollectValues(message, field, *way, paths);
    const bool nested = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field->is_map();
    if (nested) CollectIn(message, field, way, paths);
  }
}

}  // namespace

absl::Status CheckKnown(const google::protobuf::Message& request) {
  Paths paths;
  Way way;
  Collect(request, &way, &paths);
  if (paths.empty()) return absl::OkStatus();
  std::vector<FieldProblem> fields;
  for (const std::string& path : paths) fields.push_back({path, "not known"});
  const std::string text =
      absl::StrCat("this musterd does not know ", absl::StrJoin(paths, ", "),
                   paths.size() < kMostNamed ? "" : " and maybe more",
                   ": the client is newer than the daemon; update musterd, or do without");
  return WithReason(WithFields(absl::InvalidArgumentError(text), fields),
                    v1::ERROR_REASON_FIELD_UNKNOWN);
}

}  // namespace muster::service
