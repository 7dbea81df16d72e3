#include "service/store/old_format.h"

#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/unknown_field_set.h>
#include <google/protobuf/util/delimited_message_util.h>
#include <gtest/gtest.h>

#include "muster/v1/run_service.pb.h"

namespace muster::service {
namespace {

// As daemons of that time had them.
v1::HostState OldHost(int number) { return static_cast<v1::HostState>(number); }
v1::RunState OldRun(int number) { return static_cast<v1::RunState>(number); }

v1::Run OldRunOf(int state) {
  v1::Run run;
  run.set_id("a1");
  run.set_state(OldRun(state));
  run.mutable_create_time()->set_seconds(1000);
  for (const int host_state : {1, 6, 19}) {
    v1::HostStateCount* count = run.add_host_state_counts();
    count->set_state(OldHost(host_state));
    count->set_hosts(2);
  }
  v1::Rollout* rollout = run.mutable_spec()->mutable_rollout();
  auto* text = rollout->GetReflection()->MutableUnknownFields(rollout);
  text->AddLengthDelimited(2)->assign("5");
  text->AddLengthDelimited(2)->assign("10%");
  text->AddLengthDelimited(3)->assign("0%");
  return run;
}

TEST(OldFormatTest, ARunHasTodaysStatesAndAmounts) {
  v1::Run run;
  ASSERT_TRUE(run.ParseFromString(*RenewRun(OldRunOf(5).SerializeAsString())));
  EXPECT_EQ(run.state(), v1::RUN_STATE_FAILED);
  EXPECT_EQ(run.host_state_counts(0).state(), v1::HOST_STATE_QUEUED);
  EXPECT_EQ(run.host_state_counts(1).state(), v1::HOST_STATE_SUCCEEDED);
  EXPECT_EQ(run.host_state_counts(2).state(), v1::HOST_STATE_SKIPPED);
  EXPECT_EQ(run.start_time().seconds(), 1000);
  const v1::Rollout& rollout = run.spec().rollout();
  ASSERT_EQ(rollout.batches_size(), 2);
  EXPECT_EQ(rollout.batches(0).hosts(), 5u);
  EXPECT_EQ(rollout.batches(1).percent(), 10u);
  EXPECT_TRUE(rollout.max_failures().has_percent());
  EXPECT_EQ(rollout.max_failures().percent(), 0u);
  EXPECT_TRUE(rollout.GetReflection()->GetUnknownFields(rollout).empty());
}

TEST(OldFormatTest, EveryStateHasItsNewNumber) {
  const char* const hosts[] = {"SUCCEEDED",
                               "EXITED_NONZERO",
                               "SIGNALED",
                               "UNREACHABLE",
                               "THROTTLED",
                               "HOST_KEY_REJECTED",
                               "AUTHENTICATION_FAILED",
                               "CONNECT_TIMEOUT",
                               "IDLE_TIMEOUT",
                               "COMMAND_TIMEOUT",
                               "CANCELED",
                               "OUTCOME_UNKNOWN",
                               "NOT_STARTED",
                               "SKIPPED"};
  int number = 6;
  for (const char* name : hosts) {
    v1::WatchRunResponse old;
    old.add_events()->mutable_host_finished()->mutable_outcome()->set_state(OldHost(number++));
    v1::WatchRunResponse renewed;
    ASSERT_TRUE(renewed.ParseFromString(*RenewEvents(old.SerializeAsString())));
    const v1::HostState state = renewed.events(0).host_finished().outcome().state();
    EXPECT_EQ(v1::HostState_Name(state), std::string("HOST_STATE_") + name);
  }
}

TEST(OldFormatTest, EventsOfRunsAndProbes) {
  v1::WatchRunResponse events;
  events.add_events()->mutable_run_state()->set_state(OldRun(2));
  events.add_events()->mutable_host_state()->set_state(OldHost(5));
  events.add_events()->mutable_output()->set_data(std::string("\0\xff", 2));
  events.add_events()->mutable_probe_finished()->mutable_outcome()->set_state(OldHost(7));
  events.add_events()->mutable_run_state()->set_state(OldRun(6));
  events.mutable_events(4)->mutable_run_state()->set_message("the run was canceled.");
  ASSERT_TRUE(events.ParseFromString(*RenewEvents(events.SerializeAsString())));
  EXPECT_EQ(events.events(0).run_state().state(), v1::RUN_STATE_PAUSED);
  EXPECT_EQ(events.events(1).host_state().state(), v1::HOST_STATE_RUNNING);
  EXPECT_EQ(events.events(2).output().data(), std::string("\0\xff", 2));
  EXPECT_EQ(events.events(3).probe_finished().outcome().state(), v1::HOST_STATE_EXITED_NONZERO);
  EXPECT_EQ(events.events(4).run_state().state(), v1::RUN_STATE_CANCELED);
  EXPECT_EQ(events.events(4).run_state().reason(), v1::RUN_REASON_CANCEL_REQUESTED);
}

TEST(OldFormatTest, ResultsKeepTheirOrder) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream out(&bytes);
    for (const int state : {6, 9}) {
      v1::HostResult result;
      result.set_host_index(static_cast<uint32_t>(state));
      result.set_state(OldHost(state));
      result.mutable_outcome()->set_state(OldHost(state));
      result.mutable_probe()->set_state(OldHost(state));
      google::protobuf::util::SerializeDelimitedToZeroCopyStream(result, &out);
    }
  }
  const std::string renewed = *RenewResults(bytes);
  google::protobuf::io::ArrayInputStream in(renewed.data(), static_cast<int>(renewed.size()));
  for (const v1::HostState state : {v1::HOST_STATE_SUCCEEDED, v1::HOST_STATE_UNREACHABLE}) {
    v1::HostResult result;
    ASSERT_TRUE(google::protobuf::util::ParseDelimitedFromZeroCopyStream(&result, &in, nullptr));
    EXPECT_EQ(result.state(), state);
    EXPECT_EQ(result.outcome().state(), state);
    EXPECT_EQ(result.probe().state(), state);
  }
}

TEST(OldFormatTest, WhatIsNewStaysAsItIs) {
  const std::string renewed = *RenewRun(OldRunOf(4).SerializeAsString());
  EXPECT_EQ(*RenewRun(renewed), renewed);
}

TEST(OldFormatTest, WhatCannotBeDecodedIsToldApart) {
  EXPECT_FALSE(RenewRun("\xff").has_value());
  EXPECT_FALSE(RenewResults("\x05x").has_value());
  EXPECT_FALSE(RenewEvents("\xff").has_value());
}

}  // namespace
}  // namespace muster::service
