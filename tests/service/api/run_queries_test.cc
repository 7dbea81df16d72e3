#include "service/api/run_queries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/service/runs/run_fakes.h"

namespace muster::service {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RunQueriesTest : public ::testing::Test {
 protected:
  RunQueriesTest() {
    // Create waits for the store: whatever it queues is written at once.
    daemon_.on_wake = [this](absl::Duration) {
      if (creating_) daemon_.journal.Turn().IgnoreError();
    };
  }
  // With three hosts, under way.
  std::string Begin(const Caller& creator) {
    RunPlan plan = PlanOf(3);
    plan.creator = creator.Text();
    creating_ = true;
    const auto created =
        runs_.Create(std::move(plan), [](service::Run& run) { run.Begin({}, {}, {Reach()}); });
    creating_ = false;
    EXPECT_TRUE(created.ok()) << created.status();
    return (*created)->id();
  }
  absl::Status List(const Caller& caller, const v1::ListRunsRequest& request) {
    runs_page_.Clear();
    return FillRuns(runs_, caller, request, &runs_page_);
  }
  absl::Status Results(const Caller& caller, const v1::ListHostResultsRequest& request) {
    results_page_.Clear();
    return FillResults(runs_, daemon_.store, caller, request, &results_page_);
  }
  std::vector<std::string> Ids() const {
    std::vector<std::string> ids;
    for (const v1::Run& run : runs_page_.runs()) ids.push_back(run.id());
    return ids;
  }
  std::vector<uint32_t> Hosts() const {
    std::vector<uint32_t> hosts;
    for (const v1::HostResult& result : results_page_.results()) {
      hosts.push_back(result.host_index());
    }
    return hosts;
  }
  void ExpectPagesOfTwo(const std::string& id) {
    v1::ListHostResultsRequest request;
    request.set_run_id(id);
    request.set_page_size(2);
    ASSERT_TRUE(Results(owner_, request).ok());
    EXPECT_THAT(Hosts(), ElementsAre(0, 1));
    request.set_page_token(results_page_.next_page_token());
    ASSERT_TRUE(Results(owner_, request).ok());
    EXPECT_THAT(Hosts(), ElementsAre(2));
    EXPECT_THAT(results_page_.next_page_token(), IsEmpty());
  }

  const Caller owner_{Caller::Kind::kUid, "1000"};
  const Caller one_{Caller::Kind::kDns, "one.example.com"};
  const Caller other_{Caller::Kind::kDns, "other.example.com"};
  bool creating_ = false;
  FakeDaemon daemon_;
  Runs runs_{&daemon_.store, daemon_.parts(), 10, [](const auto&) {}};
  v1::ListRunsResponse runs_page_;
  v1::ListHostResultsResponse results_page_;
};

TEST_F(RunQueriesTest, RunsComeNewestFirstPageByPage) {
  const std::string first = Begin(owner_);
  const std::string second = Begin(owner_);
  const std::string third = Begin(owner_);
  v1::ListRunsRequest request;
  request.set_page_size(2);
  ASSERT_TRUE(List(owner_, request).ok());
  EXPECT_THAT(Ids(), ElementsAre(third, second));
  request.set_page_token(runs_page_.next_page_token());
  ASSERT_TRUE(List(owner_, request).ok());
  EXPECT_THAT(Ids(), ElementsAre(first));
  EXPECT_THAT(runs_page_.next_page_token(), IsEmpty());
}

TEST_F(RunQueriesTest, TheOwnerSeesAllRunsAndACallerFromTheNetworkHisOwn) {
  const std::string owners = Begin(owner_);
  const std::string ones = Begin(one_);
  ASSERT_TRUE(List(owner_, {}).ok());
  EXPECT_THAT(Ids(), ElementsAre(ones, owners));
  ASSERT_TRUE(List(one_, {}).ok());
  EXPECT_THAT(Ids(), ElementsAre(ones));
  ASSERT_TRUE(List(other_, {}).ok());
  EXPECT_THAT(Ids(), IsEmpty());
  v1::ListRunsRequest of_one;
  of_one.set_creator(one_.Text());
  ASSERT_TRUE(List(other_, of_one).ok());
  EXPECT_THAT(Ids(), IsEmpty());
}

TEST_F(RunQueriesTest, ResultsOfAnothersRunAreNotFound) {
  v1::ListHostResultsRequest request;
  request.set_run_id(Begin(one_));
  EXPECT_TRUE(Results(one_, request).ok());
  EXPECT_TRUE(Results(owner_, request).ok());
  EXPECT_TRUE(absl::IsNotFound(Results(other_, request)));
}

TEST_F(RunQueriesTest, ResultsComePageByPageWhileARunIsUnderWayAndAfter) {
  const std::string id = Begin(owner_);
  ExpectPagesOfTwo(id);
  for (const uint32_t host : {0, 1, 2}) daemon_.engine.runs()[0]->EndNow(host);
  ASSERT_TRUE(daemon_.Turn().ok());
  ASSERT_EQ(runs_.Find(id)->live, nullptr);
  ExpectPagesOfTwo(id);
}

TEST_F(RunQueriesTest, ResultsOfTheStatesThatAreAskedFor) {
  v1::ListHostResultsRequest request;
  request.set_run_id(Begin(owner_));
  request.add_states(v1::HOST_STATE_SUCCEEDED);
  daemon_.engine.runs()[0]->EndNow(1);
  ASSERT_TRUE(Results(owner_, request).ok());
  EXPECT_THAT(Hosts(), ElementsAre(1));
}

TEST_F(RunQueriesTest, ATokenThatNoPageHadIsRefused) {
  v1::ListRunsRequest runs;
  runs.set_page_token("../x");
  EXPECT_TRUE(absl::IsInvalidArgument(List(owner_, runs)));
  v1::ListHostResultsRequest results;
  results.set_run_id(Begin(owner_));
  results.set_page_token("x");
  EXPECT_TRUE(absl::IsInvalidArgument(Results(owner_, results)));
}

}  // namespace
}  // namespace muster::service
