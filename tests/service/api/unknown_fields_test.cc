#include "service/api/unknown_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "muster/v1/run_service.pb.h"
#include "muster/v1/target_service.pb.h"
#include "proto/contract/error_details.h"

namespace muster::service {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::testing::HasSubstr;

constexpr int kNewField = 123'456;

void AddUnknown(Message* message) {
  message->GetReflection()->MutableUnknownFields(message)->AddVarint(kNewField, 1);
}

// Puts an unknown field into every message that can be within `message`, one at a time, and counts.
int SpoilEach(Message* request, Message* message, const std::string& path,
              std::set<const Descriptor*> above) {
  AddUnknown(message);
  const absl::Status status = CheckKnown(*request);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << path;
  EXPECT_THAT(std::string(status.message()), HasSubstr(path + "field 123456")) << path;
  message->GetReflection()->MutableUnknownFields(message)->Clear();
  EXPECT_TRUE(CheckKnown(*request).ok()) << path;
  int spoiled = 1;
  if (!above.insert(message->GetDescriptor()).second) return spoiled;
  for (int i = 0; i < message->GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message->GetDescriptor()->field(i);
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || field->is_map()) continue;
    const auto* reflection = message->GetReflection();
    Message* const within = field->is_repeated() ? reflection->AddMessage(message, field)
                                                 : reflection->MutableMessage(message, field);
    const std::string index = field->is_repeated() ? "[0]." : ".";
    spoiled += SpoilEach(request, within, path + field->name() + index, above);
    reflection->ClearField(message, field);
  }
  return spoiled;
}

template <typename Request>
int SpoilEachIn() {
  Request request;
  EXPECT_TRUE(CheckKnown(request).ok());
  return SpoilEach(&request, &request, "", {});
}

TEST(UnknownFieldsTest, AreFoundWhereverTheyAre) {
  EXPECT_GT(SpoilEachIn<v1::CreateRunRequest>(), 20);
  EXPECT_GT(SpoilEachIn<v1::CreateAndWatchRunRequest>(), 20);
  EXPECT_GT(SpoilEachIn<v1::RerunHostsRequest>(), 3);
  EXPECT_GT(SpoilEachIn<v1::ResolveTargetsRequest>(), 1);
  SpoilEachIn<v1::WatchRunRequest>();
  SpoilEachIn<v1::CancelRunRequest>();
  SpoilEachIn<v1::PauseRunRequest>();
  SpoilEachIn<v1::ResizeTerminalRequest>();
  SpoilEachIn<v1::ResumeRunRequest>();
  SpoilEachIn<v1::ListRunsRequest>();
}

TEST(UnknownFieldsTest, ValuesOfEnumsAreToldToo) {
  v1::CreateRunRequest request;
  request.mutable_spec()->mutable_rollout()->set_order(static_cast<v1::HostOrder>(77));
  EXPECT_THAT(std::string(CheckKnown(request).message()),
              HasSubstr("does not know spec.rollout.order = 77: "));
  v1::WatchRunRequest watch;
  watch.add_states(v1::HOST_STATE_SUCCEEDED);
  EXPECT_TRUE(CheckKnown(watch).ok());
  watch.add_states(static_cast<v1::HostState>(6));
  EXPECT_THAT(std::string(CheckKnown(watch).message()), HasSubstr("does not know states = 6: "));
}

TEST(UnknownFieldsTest, ProgramsAreToldTheFields) {
  v1::CreateRunRequest request;
  AddUnknown(request.mutable_spec());
  EXPECT_EQ(ReasonOf(CheckKnown(request)), v1::ERROR_REASON_FIELD_UNKNOWN);
}

TEST(UnknownFieldsTest, EachIsNamedOnceAndNotTooMany) {
  v1::CreateRunRequest request;
  for (int i = 0; i < 3; ++i) AddUnknown(request.mutable_spec());
  AddUnknown(request.mutable_spec()->mutable_login()->mutable_local()->add_identity_files());
  EXPECT_THAT(std::string(CheckKnown(request).message()),
              HasSubstr("does not know spec.field 123456, "
                        "spec.login.local.identity_files[0].field 123456: "));
  for (int i = 1; i < 1000; ++i) {
    v1::RunSpec* spec = request.mutable_spec();
    spec->GetReflection()->MutableUnknownFields(spec)->AddVarint(1000 + i, 1);
  }
  const std::string many(CheckKnown(request).message());
  EXPECT_THAT(many, HasSubstr("and maybe more"));
  EXPECT_LT(many.size(), 500u);
}

}  // namespace
}  // namespace muster::service
