#include "client/options/utf8_check.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/stubs/common.h>

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "client/options/field_names.h"
#include "muster/v1/options.pb.h"

namespace muster::client {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool IsUtf8(const std::string& text) {
  return google::protobuf::internal::IsStructurallyValidUTF8(text.data(),
                                                             static_cast<int>(text.size()));
}

absl::Status CheckText(const std::string& path, const std::string& text, bool secret) {
  if (IsUtf8(text)) return absl::OkStatus();
  const std::string option = OptionOf(path);
  return absl::InvalidArgumentError(
      absl::StrCat(option.empty() ? path : option, ": ",
                   secret ? "it" : absl::StrCat("\"", absl::CHexEscape(text), "\""),
                   " is not UTF-8, and nothing else can be sent"));
}

absl::Status CheckMessage(const std::string& path, const Message& message);

absl::Status CheckField(const std::string& path, const Message& message,
                        const FieldDescriptor* field) {
  const google::protobuf::Reflection* reflection = message.GetReflection();
  const bool is_text = field->type() == FieldDescriptor::TYPE_STRING;
  if (!is_text && field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return absl::OkStatus();
  const bool secret = field->options().GetExtension(v1::secret);
  if (!field->is_repeated()) {
    return is_text ? CheckText(path, reflection->GetString(message, field), secret)
                   : CheckMessage(path, reflection->GetMessage(message, field));
  }
  absl::Status status;
  for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
    status.Update(is_text
                      ? CheckText(path, reflection->GetRepeatedString(message, field, i), secret)
                      : CheckMessage(path, reflection->GetRepeatedMessage(message, field, i)));
  }
  return status;
}

absl::Status CheckMessage(const std::string& path, const Message& message) {
  const bool is_entry = message.GetDescriptor()->options().map_entry();
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  absl::Status status;
  for (const FieldDescriptor* field : fields) {
    const std::string name = absl::StrCat(path, path.empty() ? "" : ".", field->name());
    status.Update(CheckField(is_entry ? path : name, message, field));
  }
  return status;
}

}  // namespace

absl::Status CheckUtf8(const Message& message) { return CheckMessage("", message); }

}  // namespace muster::client
