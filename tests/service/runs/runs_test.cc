#include "service/runs/runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/service/runs/run_fakes.h"

namespace muster::service {
namespace {

RunPlan Request(const std::string& id, const std::string& command = "true") {
  v1::RunSpec spec;
  spec.mutable_command()->set_shell(command);
  RunPlan plan = PlanOf(1, spec);
  plan.request_id = id;
  plan.request_digest = command;
  return plan;
}

RunRequest RequestOf(const RunPlan& plan) {
  return {plan.creator, plan.request_id, plan.request_digest};
}

class RunsTest : public ::testing::Test {
 protected:
  RunsTest() {
    // Create waits for the store: whatever it queues is written at once.
    daemon_.on_wake = [this](absl::Duration) {
      if (creating_) daemon_.journal.Turn().IgnoreError();
    };
  }
  absl::StatusOr<std::shared_ptr<service::Run>> Create(RunPlan plan) {
    creating_ = true;
    auto created = runs_.Create(std::move(plan), [this](service::Run& run) {
      ++begun_;
      run.Begin({}, {}, {Reach()});
    });
    creating_ = false;
    return created;
  }
  std::shared_ptr<service::Run> Begin(RunPlan plan) {
    const auto created = Create(std::move(plan));
    EXPECT_TRUE(created.ok()) << created.status();
    return *created;
  }
  void EndAll() {
    for (const auto& run : daemon_.engine.runs()) {
      if (run->asked().finishes == 0) run->EndNow(0);
    }
    EXPECT_TRUE(daemon_.Turn().ok());
  }

  bool creating_ = false;
  int begun_ = 0;
  int overs_ = 0;
  FakeDaemon daemon_;
  Runs runs_{&daemon_.store, daemon_.parts(), 2, [this](const auto&) { ++overs_; }};
};

TEST_F(RunsTest, ARunIsLiveUntilItsEndIsDurableAndFoundInTheStoreThen) {
  const std::shared_ptr<service::Run> run = Begin(Request(""));
  EXPECT_EQ(runs_.Find(run->id())->live, run);
  EndAll();
  EXPECT_EQ(overs_, 1);
  EXPECT_TRUE(runs_.Live().empty());
  const auto found = runs_.Find(run->id());
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->live, nullptr);
  EXPECT_EQ(found->Snapshot().state(), v1::RUN_STATE_SUCCEEDED);
  EXPECT_TRUE(absl::IsNotFound(runs_.Find("none").status()));
}

TEST_F(RunsTest, TheSameRequestIsFoundWhileItsRunIsLiveAndAfter) {
  const RunPlan plan = Request("r1");
  EXPECT_FALSE(runs_.FindRequest(RequestOf(plan))->has_value());
  const std::shared_ptr<service::Run> run = Begin(plan);
  EXPECT_EQ((**runs_.FindRequest(RequestOf(plan))).live, run);
  EndAll();
  EXPECT_EQ((**runs_.FindRequest(RequestOf(plan))).id(), run->id());
  const absl::Status other = runs_.FindRequest(RequestOf(Request("r1", "false"))).status();
  EXPECT_TRUE(absl::IsAlreadyExists(other)) << other;
  RunPlan others = Request("r1");
  others.creator = "uid:2";
  EXPECT_FALSE(runs_.FindRequest(RequestOf(others))->has_value());
  EXPECT_FALSE(runs_.FindRequest(RequestOf(Request("")))->has_value());
}

TEST_F(RunsTest, IdsSayNothingAndAreNotGuessed) {
  std::set<std::string> ids;
  for (int i = 0; i < 50; ++i) {
    ids.insert(Begin(Request(""))->id());
    EndAll();
  }
  EXPECT_EQ(ids.size(), 50u);
  for (const std::string& id : ids) EXPECT_EQ(id.size(), 13u);  // of 5 bits
  EXPECT_EQ(runs_.List({})->runs.size(), 50u);
}

TEST_F(RunsTest, NoMoreAreActiveThanAllowed) {
  Begin(Request(""));
  Begin(Request(""));
  EXPECT_TRUE(absl::IsResourceExhausted(Create(Request("")).status()));
  EndAll();
  EXPECT_TRUE(Create(Request("")).ok());
}

TEST_F(RunsTest, WhatCannotBeWrittenIsNoRun) {
  daemon_.disk->SetFault([](StoreWrite) { return absl::ResourceExhaustedError("full"); });
  EXPECT_TRUE(absl::IsResourceExhausted(Create(Request("r1")).status()));
  EXPECT_TRUE(runs_.Live().empty());
  EXPECT_EQ(daemon_.engine.runs().back()->asked().cancels, 1);
  daemon_.disk->SetFault(nullptr);
  EXPECT_FALSE(runs_.FindRequest(RequestOf(Request("r1")))->has_value());
  const auto again = Create(Request("r1"));
  ASSERT_TRUE(again.ok());
  EndAll();
  EXPECT_EQ(begun_, 2);
  EXPECT_EQ(overs_, 2);
  EXPECT_EQ((**runs_.FindRequest(RequestOf(Request("r1")))).id(), (*again)->id());
}

TEST_F(RunsTest, WhatIsStoppedWhileItCannotBeWrittenIsOverOnce) {
  daemon_.disk->SetFault([](StoreWrite) { return absl::ResourceExhaustedError("full"); });
  daemon_.on_wake = [this](absl::Duration) {
    if (!std::exchange(creating_, false)) return;
    for (const std::shared_ptr<service::Run>& run : runs_.Live()) run->Interrupt();
    EXPECT_FALSE(daemon_.Turn().ok());
  };
  EXPECT_TRUE(absl::IsResourceExhausted(Create(Request("")).status()));
  EXPECT_TRUE(runs_.Live().empty());
  daemon_.disk->SetFault(nullptr);
  EXPECT_TRUE(daemon_.Turn().ok());
  EXPECT_FALSE(daemon_.journal.stalled());
  EndAll();
  EXPECT_EQ(overs_, begun_);
}

TEST_F(RunsTest, AListHasLiveRunsAsTheyStand) {
  const std::shared_ptr<service::Run> ended = Begin(Request(""));
  EndAll();
  const std::shared_ptr<service::Run> live = Begin(Request(""));
  EXPECT_TRUE(live->Pause("uid:1").ok());
  RunQuery paused;
  paused.states = {v1::RUN_STATE_PAUSED};
  auto found = runs_.List(paused);
  ASSERT_EQ(found->runs.size(), 1u);
  EXPECT_EQ(found->runs.at(0).id(), live->id());
  EXPECT_FALSE(found->more);
  EXPECT_EQ(runs_.List({})->runs.size(), 2u);
  RunQuery one;
  one.limit = 1;
  EXPECT_EQ(runs_.List(one)->runs.size(), 1u);
  EXPECT_TRUE(runs_.List(one)->more);
  one.limit = 2;
  EXPECT_FALSE(runs_.List(one)->more);
}

TEST_F(RunsTest, APageIsBoundedInBytes) {
  RunPlan plan = Request("");
  plan.spec.mutable_command()->set_shell(std::string(400 * 1024, 'x'));
  for (int i = 0; i < 5; ++i) {
    Begin(plan);
    EndAll();
  }
  RunQuery query;
  size_t runs = 0;
  for (int page = 0; page < 3; ++page) {
    const auto found = runs_.List(query);
    EXPECT_EQ(found->more, page < 2) << page;
    runs += found->runs.size();
    query.before = found->last;
  }
  EXPECT_EQ(runs, 5u);
}

}  // namespace
}  // namespace muster::service
