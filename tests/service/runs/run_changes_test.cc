#include "service/runs/run_changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/contract/error_details.h"
#include "tests/service/runs/run_fakes.h"

namespace muster::service {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class RunChangesTest : public ::testing::Test {
 protected:
  RunChangesTest() {
    // Create waits for the store: whatever it queues is written at once.
    daemon_.on_wake = [this](absl::Duration) {
      if (creating_) daemon_.journal.Turn().IgnoreError();
    };
  }
  // With two hosts, under way.
  std::string Begin(const std::string& creator = "uid:1000", const std::string& label = "") {
    v1::RunSpec spec;
    spec.mutable_command()->set_shell("uptime");
    if (!label.empty()) (*spec.mutable_labels())["team"] = label;
    RunPlan plan = PlanOf(2, std::move(spec));
    plan.creator = creator;
    creating_ = true;
    const auto created =
        runs_.Create(std::move(plan), [](service::Run& run) { run.Begin({}, {}, {Reach()}); });
    creating_ = false;
    EXPECT_TRUE(created.ok()) << created.status();
    return (*created)->id();
  }
  FakeEngineRun& Engine(size_t run) { return *daemon_.engine.runs()[run]; }
  void End(size_t run) {
    for (const uint32_t host : {0, 1}) Engine(run).EndNow(host);
    ASSERT_TRUE(daemon_.Turn().ok());
  }
  static std::vector<std::string> Take(RunChanges* changes, std::vector<v1::Run>* runs = nullptr) {
    std::vector<std::string> ids;
    const absl::StatusOr<std::vector<v1::Run>> changed = changes->Take();
    EXPECT_TRUE(changed.ok()) << changed.status();
    if (!changed.ok()) return ids;
    for (const v1::Run& run : *changed) ids.push_back(run.id());
    if (runs != nullptr) *runs = *changed;
    return ids;
  }

  bool creating_ = false;
  FakeDaemon daemon_;
  Runs runs_{&daemon_.store, daemon_.parts(), 10'000, [](const auto&) {}};
};

TEST_F(RunChangesTest, FirstAllUnderWayThenWhatIsNewOrHasChanged) {
  const std::string ended = Begin();
  End(0);
  const std::string one = Begin();
  const std::string two = Begin();
  RunChanges changes(&runs_, {});
  std::vector<v1::Run> runs;
  EXPECT_THAT(Take(&changes), UnorderedElementsAre(one, two));
  EXPECT_THAT(Take(&changes), IsEmpty());
  Engine(1).EndNow(0);
  ASSERT_TRUE(daemon_.Turn().ok());
  EXPECT_THAT(Take(&changes, &runs), ElementsAre(one));
  EXPECT_EQ(runs[0].state(), v1::RUN_STATE_RUNNING);
  const std::string three = Begin();
  EXPECT_THAT(Take(&changes), ElementsAre(three));
}

TEST_F(RunChangesTest, AnEndIsToldOnce) {
  const std::string id = Begin();
  RunChanges changes(&runs_, {});
  Take(&changes);
  End(0);
  std::vector<v1::Run> runs;
  EXPECT_THAT(Take(&changes, &runs), ElementsAre(id));
  EXPECT_EQ(runs[0].state(), v1::RUN_STATE_SUCCEEDED);
  EXPECT_TRUE(runs[0].has_end_time());
  EXPECT_THAT(Take(&changes), IsEmpty());
}

TEST_F(RunChangesTest, ARunThatBeganAndEndedBetweenTwoLooksIsTold) {
  RunChanges changes(&runs_, {});
  EXPECT_THAT(Take(&changes), IsEmpty());
  const std::string id = Begin();
  End(0);
  std::vector<v1::Run> runs;
  EXPECT_THAT(Take(&changes, &runs), ElementsAre(id));
  EXPECT_EQ(runs[0].state(), v1::RUN_STATE_SUCCEEDED);
}

TEST_F(RunChangesTest, OutputAloneIsNoChange) {
  const std::string id = Begin();
  Engine(0).State(0, engine::HostState::kRunning);
  Engine(0).Flush();
  ASSERT_TRUE(daemon_.Turn().ok());
  RunChanges changes(&runs_, {});
  Take(&changes);
  Engine(0).Output(0, "line\n");
  Engine(0).Flush();
  ASSERT_TRUE(daemon_.Turn().ok());
  EXPECT_THAT(Take(&changes), IsEmpty());
  ASSERT_TRUE((*runs_.Find(id)).live->Pause("uid:1").ok());
  ASSERT_TRUE(daemon_.Turn().ok());
  EXPECT_THAT(Take(&changes), ElementsAre(id));
}

TEST_F(RunChangesTest, OfTheSpecTheLabelsAlone) {
  Begin("uid:1000", "web");
  RunChanges changes(&runs_, {});
  std::vector<v1::Run> runs;
  Take(&changes, &runs);
  EXPECT_FALSE(runs[0].spec().has_command());
  EXPECT_EQ(runs[0].spec().labels().at("team"), "web");
  EXPECT_EQ(runs[0].host_count(), 2u);
}

TEST_F(RunChangesTest, OneCreatorsRunsOrThoseWithALabel) {
  const std::string ones = Begin("dns:one", "web");
  const std::string others = Begin("dns:other", "db");
  RunChanges of_one(&runs_, {std::string("dns:one"), {}});
  RunChanges of_db(&runs_, {absl::nullopt, {{"team", "db"}}});
  RunChanges of_none(&runs_, {std::string("dns:one"), {{"team", "db"}}});
  EXPECT_THAT(Take(&of_one), ElementsAre(ones));
  EXPECT_THAT(Take(&of_db), ElementsAre(others));
  End(0);
  End(1);
  EXPECT_THAT(Take(&of_one), ElementsAre(ones));
  EXPECT_THAT(Take(&of_db), ElementsAre(others));
  EXPECT_THAT(Take(&of_none), IsEmpty());
}

TEST_F(RunChangesTest, WhoIsTooSlowIsTold) {
  RunChanges slow(&runs_, {});
  RunChanges quick(&runs_, {});
  const std::string id = Begin();
  End(0);
  const std::shared_ptr<service::Run> run = runs_.Adopt("again", PlanOf(1), {});
  for (size_t i = 0; i < RunEnds::kKept; ++i) {
    runs_.ends()->Add(*run);
    if (i == 0) Take(&quick);
  }
  const absl::Status late = slow.Take().status();
  EXPECT_TRUE(absl::IsResourceExhausted(late)) << late;
  EXPECT_EQ(ReasonOf(late), v1::ERROR_REASON_BUSY);
  EXPECT_TRUE(quick.Take().ok());
}

}  // namespace
}  // namespace muster::service
