#include "client/output/progress.h"

#include <gtest/gtest.h>

namespace muster::client {
namespace {

class ProgressTest : public ::testing::Test {
 protected:
  ProgressTest() {
    v1::Event hosts;
    for (int i = 1; i <= 6; ++i) {
      hosts.mutable_hosts_added()->add_hosts()->set_name("web" + std::to_string(i));
    }
    view_.Apply(hosts);
  }
  void Runs(uint32_t host) {
    v1::Event event;
    event.mutable_host_state()->set_host_index(host);
    event.mutable_host_state()->set_state(v1::HOST_STATE_RUNNING);
    view_.Apply(event);
  }
  void Ends(uint32_t host, v1::HostState state) {
    v1::Event event;
    event.mutable_host_finished()->set_host_index(host);
    event.mutable_host_finished()->mutable_outcome()->set_state(state);
    view_.Apply(event);
  }
  void Batch(uint32_t hosts) {
    v1::Event event;
    event.mutable_batch_started()->set_hosts(hosts);
    view_.Apply(event);
  }
  std::string After(int seconds) { return ProgressText(view_, absl::Seconds(seconds)); }

  RunView view_;
  v1::Run run_;
};

TEST_F(ProgressTest, NamesWhoIsStillRunningAfterAWhile) {
  for (const uint32_t host : {0, 1, 2, 4}) Runs(host);
  Ends(0, v1::HOST_STATE_SUCCEEDED);
  Ends(1, v1::HOST_STATE_EXITED_NONZERO);
  Ends(3, v1::HOST_STATE_SUCCEEDED);
  Ends(5, v1::HOST_STATE_SUCCEEDED);
  EXPECT_EQ(After(2), "4/6 done, 2 running, 1 did not succeed, 2 s");
  EXPECT_EQ(After(12), "4/6 done, 2 running, 1 did not succeed, 12 s: waiting for web[3,5]");
  EXPECT_EQ(After(125), "4/6 done, 2 running, 1 did not succeed, 2:05 min: waiting for web[3,5]");
}

TEST_F(ProgressTest, SaysWhatHostsWaitFor) {
  run_.mutable_spec()->mutable_rollout()->set_lock("deploy\x1b");
  run_.mutable_spec()->mutable_rollout()->set_max_in_flight(2);
  view_.SetRun(run_);
  Runs(0);
  EXPECT_EQ(After(5), "0/6 done, 1 running, 5 s: waiting for web1; 5 queued for the lock deploy^[");
  Runs(1);
  EXPECT_EQ(After(5), "0/6 done, 2 running, 5 s: waiting for web[1-2]; 4 queued, 2 at a time");
}

TEST_F(ProgressTest, SaysThatABatchIsToCome) {
  run_.mutable_spec()->mutable_rollout()->mutable_batch_pause()->set_seconds(60);
  view_.SetRun(run_);
  Batch(1);
  Runs(0);
  EXPECT_EQ(After(5), "0/6 done, 1 running, 5 s: waiting for web1; 5 in later batches");
  Ends(0, v1::HOST_STATE_SUCCEEDED);
  EXPECT_EQ(After(5), "1/6 done, 0 running, 5 s: the pause before the next batch");
  run_.set_state(v1::RUN_STATE_PAUSED);
  view_.SetRun(run_);
  EXPECT_EQ(After(5), "1/6 done, 0 running, 5 s: the run is paused");
}

TEST_F(ProgressTest, TheDaemonsCountsHoldWhereNoEventsCome) {
  v1::HostStateCount* const count = run_.add_host_state_counts();
  count->set_state(v1::HOST_STATE_RUNNING);
  count->set_hosts(6);
  view_.SetSummary(run_);
  EXPECT_EQ(After(5), "0/6 done, 6 running, 5 s");
}

}  // namespace
}  // namespace muster::client
