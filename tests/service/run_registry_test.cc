#include "service/run_registry.h"

#include <gtest/gtest.h>

#include "service/run_observer.h"

namespace muster::service {
namespace {

RunPlan Plan(const std::string& creator = "ann", const std::string& request = "",
             const std::string& command = "true") {
  RunPlan plan;
  plan.creator = creator;
  plan.request_id = request;
  plan.spec.mutable_command()->set_shell(command);
  plan.hosts.emplace_back().set_name("web1");
  plan.max_output_bytes = 1 << 30;
  return plan;
}

void Finish(const std::shared_ptr<Run>& run, size_t output = 0) {
  const auto observer = NewRunObserver(run, [](const Run&) {});
  const auto loop = observer->ForLoop(0);
  const std::string text(output, 'x');
  if (output > 0) loop->OnOutput(0, engine::OutputStream::kStdout, {text, false, false});
  engine::HostOutcome outcome;
  outcome.state = engine::HostState::kSucceeded;
  loop->OnEnd(0, outcome);
  loop->Flush(absl::UnixEpoch());
}

bool All(const Run&) { return true; }

TEST(RunRegistryTest, FindsAndListsTheNewestFirst) {
  const auto store = NewRunRegistry({});
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(store->Add(Plan())->run->id());
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(store->Find(ids[1])->id(), ids[1]);
  EXPECT_EQ(store->Find("nobody"), nullptr);
  const auto page = store->List("", 2, All);
  ASSERT_EQ(page.size(), 2u);
  EXPECT_EQ(page[0]->id(), ids[2]);
  EXPECT_EQ(store->List(page[1]->id(), 2, All).at(0)->id(), ids[0]);
}

TEST(RunRegistryTest, ForgetsTheOldestThatIsOver) {
  const auto store = NewRunRegistry({2, 1 << 20});
  const auto active = store->Add(Plan())->run;
  const auto over = store->Add(Plan())->run;
  Finish(over);
  ASSERT_TRUE(store->Add(Plan()).ok());
  EXPECT_NE(store->Find(active->id()), nullptr);
  EXPECT_EQ(store->Find(over->id()), nullptr);
}

TEST(RunRegistryTest, RefusesWhenAllAreActive) {
  const auto store = NewRunRegistry({1, 1 << 20});
  ASSERT_TRUE(store->Add(Plan()).ok());
  EXPECT_EQ(store->Add(Plan()).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(RunRegistryTest, ARequestIdIsOneRunForEachCreator) {
  const auto store = NewRunRegistry({});
  const auto first = *store->Add(Plan("ann", "r1"));
  const auto again = *store->Add(Plan("ann", "r1"));
  EXPECT_FALSE(first.existed);
  EXPECT_TRUE(again.existed);
  EXPECT_EQ(again.run, first.run);
  EXPECT_FALSE(store->Add(Plan("bob", "r1"))->existed);
  EXPECT_EQ(store->Add(Plan("ann", "r1", "false")).status().code(),
            absl::StatusCode::kAlreadyExists);
}

TEST(RunRegistryTest, AForgottenRequestIdIsFree) {
  const auto store = NewRunRegistry({1, 1 << 20});
  Finish(store->Add(Plan("ann", "r1"))->run);
  EXPECT_FALSE(store->Add(Plan("ann", "r2"))->existed);
  Finish(store->List("", 1, All)[0]);
  EXPECT_FALSE(store->Add(Plan("ann", "r1"))->existed);
}

TEST(RunRegistryTest, OutputOfAllRunsIsBounded) {
  const auto store = NewRunRegistry({10, 1000});
  const auto first = store->Add(Plan())->run;
  Finish(first, 600);
  EXPECT_EQ(first->Snapshot().omitted_bytes(), 0u);
  const auto second = store->Add(Plan())->run;
  Finish(second, 600);
  EXPECT_EQ(second->Snapshot().omitted_bytes(), 0u);
  EXPECT_EQ(store->Find(first->id()), nullptr);
  const auto third = store->Add(Plan())->run;
  Finish(third, 1001);
  EXPECT_EQ(third->Snapshot().omitted_bytes(), 1001u);
}

}  // namespace
}  // namespace muster::service
