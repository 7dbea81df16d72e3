// Runs that an earlier daemon left right before their end was in the store.
#include <gtest/gtest.h>

#include "service/runs/run_past.h"
#include "tests/service/runs/run_fakes.h"

namespace muster::service {
namespace {

constexpr char kWhy[] = "musterd was ended";

class RunClosingTest : public ::testing::Test {
 protected:
  // The first daemon gets as far as these events.
  void Live(const std::vector<v1::Event>& events, v1::RunSpec spec = {}) {
    spec_ = spec;
    FakeDaemon daemon(disk_);
    const auto run = std::make_shared<service::Run>("id", PlanOf(2, spec_), now_, daemon.parts(),
                                                    [](const std::shared_ptr<service::Run>&) {});
    daemon.journal.AddRun(run->Record(), run->log(), run->FirstEvents(), now_, [](absl::Status) {});
    EventBlock block;
    for (const v1::Event& event : events) block.Add(event);
    daemon.journal.Append(run->log(), std::move(block), now_);
    ASSERT_TRUE(daemon.Turn().ok());
    logged_ = StoredEvents(daemon.store, "id").size();
  }
  // The next one closes it; the kinds of what it adds to the log.
  std::vector<int> Close() {
    FakeDaemon daemon(disk_);
    const absl::StatusOr<ReadPast> read =
        ReadRunPast(daemon.store, daemon.store.Unfinished()->at(0));
    EXPECT_TRUE(read.ok());
    const auto run =
        std::make_shared<service::Run>("id", PlanOf(2, spec_), read->past, daemon.parts(),
                                       [](const std::shared_ptr<service::Run>&) {});
    if (read->past.end_state == v1::RUN_STATE_UNSPECIFIED) {
      run->Close({v1::RUN_REASON_DAEMON_LOST, kWhy, ""});
    } else {
      EXPECT_FALSE(run->over());
      run->CloseAsLogged();
    }
    EXPECT_TRUE(daemon.Turn().ok());
    EXPECT_TRUE(daemon.store.Unfinished()->empty());
    ended_ = (*daemon.store.Find("id"))->run;
    results_ = *daemon.store.Results("id", 0, 10, {});
    std::vector<int> kinds = KindsOf(StoredEvents(daemon.store, "id"));
    kinds.erase(kinds.begin(), kinds.begin() + static_cast<ptrdiff_t>(logged_));
    return kinds;
  }
  static v1::Event Ended(uint32_t host, v1::HostState state) {
    v1::Event event;
    event.mutable_host_finished()->set_host_index(host);
    event.mutable_host_finished()->mutable_outcome()->set_state(state);
    return event;
  }
  static v1::Event Became(v1::RunState state, const Why& why = {}) {
    v1::Event event;
    event.mutable_run_state()->set_state(state);
    event.mutable_run_state()->set_message(why.message);
    event.mutable_run_state()->set_reason(why.reason);
    event.mutable_run_state()->set_reason_by(why.by);
    return event;
  }

  const absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
  v1::RunSpec spec_;
  size_t logged_ = 0;
  v1::Run ended_;
  std::vector<v1::HostResult> results_;
};

TEST_F(RunClosingTest, AnEndThatTheLogHasIsNotWrittenOnceMore) {
  Live({Ended(0, v1::HOST_STATE_SUCCEEDED), Ended(1, v1::HOST_STATE_CANCELED),
        Became(v1::RUN_STATE_STOPPING, Canceled()), Became(v1::RUN_STATE_CANCELED, Canceled())});
  EXPECT_TRUE(Close().empty());
  EXPECT_EQ(ended_.state(), v1::RUN_STATE_CANCELED);
  EXPECT_EQ(ended_.message(), "the run was canceled.");
  EXPECT_EQ(ended_.last_sequence(), logged_);
  EXPECT_EQ(ended_.end_time().seconds(), absl::ToUnixSeconds(now_));
  ASSERT_EQ(results_.size(), 2u);
  EXPECT_EQ(results_[1].outcome().state(), v1::HOST_STATE_CANCELED);
}

TEST_F(RunClosingTest, WhereEveryHostHasEndedItEndsAsItWouldHave) {
  Live({Ended(0, v1::HOST_STATE_SUCCEEDED), Ended(1, v1::HOST_STATE_SUCCEEDED)});
  EXPECT_EQ(Close(), std::vector<int>{v1::Event::kRunState});
  EXPECT_EQ(ended_.state(), v1::RUN_STATE_SUCCEEDED);
}

TEST_F(RunClosingTest, AFailedHostIsNoCancel) {
  Live({Ended(0, v1::HOST_STATE_SUCCEEDED), Ended(1, v1::HOST_STATE_EXITED_NONZERO)});
  EXPECT_EQ(Close(), std::vector<int>{v1::Event::kRunState});
  EXPECT_EQ(ended_.state(), v1::RUN_STATE_FAILED);
  EXPECT_EQ(ended_.message(), "");
}

TEST_F(RunClosingTest, ARunThatWasBeingCanceledIsCanceled) {
  Live({Became(v1::RUN_STATE_STOPPING, Canceled()), Ended(0, v1::HOST_STATE_CANCELED),
        Ended(1, v1::HOST_STATE_NOT_STARTED)});
  EXPECT_EQ(Close(), std::vector<int>{v1::Event::kRunState});
  EXPECT_EQ(ended_.state(), v1::RUN_STATE_CANCELED);
  EXPECT_EQ(ended_.reason(), v1::RUN_REASON_CANCEL_REQUESTED);
  EXPECT_EQ(ended_.reason_by(), "uid:1");
}

// The daemon that closed it was lost, too.
TEST_F(RunClosingTest, ARunThatWasBeingClosedHasFailed) {
  Live({Became(v1::RUN_STATE_STOPPING, {v1::RUN_REASON_DAEMON_LOST, kDaemonLost, ""}),
        Ended(0, v1::HOST_STATE_OUTCOME_UNKNOWN), Ended(1, v1::HOST_STATE_NOT_STARTED)});
  EXPECT_EQ(Close(), std::vector<int>{v1::Event::kRunState});
  EXPECT_EQ(ended_.state(), v1::RUN_STATE_FAILED);
}

TEST_F(RunClosingTest, ARunThatStoppedByItselfHasFailed) {
  v1::RunSpec spec;
  spec.mutable_rollout()->mutable_max_failures()->set_hosts(0);
  Live({Ended(0, v1::HOST_STATE_EXITED_NONZERO),
        Became(v1::RUN_STATE_STOPPING,
               {v1::RUN_REASON_TOO_MANY_FAILED, "1 host has failed, and the run allows none", ""}),
        Ended(1, v1::HOST_STATE_NOT_STARTED)},
       spec);
  EXPECT_EQ(Close(), std::vector<int>{v1::Event::kRunState});
  EXPECT_EQ(ended_.state(), v1::RUN_STATE_FAILED);
  EXPECT_EQ(ended_.message(), "1 host has failed, and the run allows none");
  EXPECT_EQ(ended_.reason(), v1::RUN_REASON_TOO_MANY_FAILED);
}

// The cancel came first, and was answered.
TEST_F(RunClosingTest, FailuresAfterACancelChangeNothing) {
  v1::RunSpec spec;
  spec.mutable_rollout()->mutable_max_failures()->set_hosts(0);
  Live({Became(v1::RUN_STATE_STOPPING, Canceled()), Ended(0, v1::HOST_STATE_EXITED_NONZERO),
        Ended(1, v1::HOST_STATE_NOT_STARTED)},
       spec);
  EXPECT_EQ(Close(), std::vector<int>{v1::Event::kRunState});
  EXPECT_EQ(ended_.state(), v1::RUN_STATE_CANCELED);
}

// The daemon was lost before the hosts under way had ended.
TEST_F(RunClosingTest, ACanceledRunWhoseHostsAreCutOffIsCanceled) {
  v1::RunSpec spec;
  spec.mutable_rollout()->mutable_max_failures()->set_hosts(0);
  Live({Became(v1::RUN_STATE_STOPPING, Canceled()), Ended(0, v1::HOST_STATE_EXITED_NONZERO)}, spec);
  Close();
  EXPECT_EQ(ended_.state(), v1::RUN_STATE_CANCELED);
}

TEST_F(RunClosingTest, CanceledHostsAreNoFailures) {
  v1::RunSpec spec;
  spec.mutable_rollout()->mutable_max_failures()->set_hosts(0);
  Live({Became(v1::RUN_STATE_STOPPING, Canceled()), Ended(0, v1::HOST_STATE_CANCELED),
        Ended(1, v1::HOST_STATE_CANCELED)},
       spec);
  EXPECT_EQ(Close(), std::vector<int>{v1::Event::kRunState});
  EXPECT_EQ(ended_.state(), v1::RUN_STATE_CANCELED);
}

TEST_F(RunClosingTest, AHostWithoutAnEndWasCutOff) {
  Live({Ended(0, v1::HOST_STATE_SUCCEEDED)});
  EXPECT_EQ(Close(), (std::vector<int>{v1::Event::kRunState, v1::Event::kHostFinished,
                                       v1::Event::kRunState}));
  EXPECT_EQ(ended_.state(), v1::RUN_STATE_FAILED);
  EXPECT_EQ(results_[1].outcome().state(), v1::HOST_STATE_NOT_STARTED);
}

}  // namespace
}  // namespace muster::service
