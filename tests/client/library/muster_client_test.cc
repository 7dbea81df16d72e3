// Streams that break, and daemons that go.
#include "client/library/muster_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "tests/client/library/fake_artifact_service.h"
#include "tests/client/library/fake_run_service.h"

namespace muster::client {
namespace {

using ::testing::Each;
using ::testing::SizeIs;

std::vector<uint64_t> UpTo(uint64_t last) {
  std::vector<uint64_t> numbers(last);
  std::iota(numbers.begin(), numbers.end(), 1);
  return numbers;
}

class MusterClientTest : public ::testing::Test {
 protected:
  std::unique_ptr<MusterClient> Connect(const std::string& address) {
    Reconnect reconnect;
    reconnect.before_retry = [this] { ++retries_; };
    return *MusterClient::Create({address, false}, {}, std::move(reconnect));
  }
  MusterClient::Stream Collect() {
    return {[this](const v1::WatchRunResponse& message) {
              for (const v1::Event& event : message.events()) seen_.push_back(event.sequence());
              return seen_.size() < enough_;
            },
            [this](const absl::Status&) { ++lost_; }};
  }
  static v1::WatchRunRequest Watch(uint64_t after = 0) {
    v1::WatchRunRequest request;
    request.set_run_id("r1");
    request.set_after_sequence(after);
    return request;
  }

  std::vector<uint64_t> seen_;
  size_t enough_ = 1'000'000;
  int lost_ = 0;
  int retries_ = 0;
};

TEST_F(MusterClientTest, ABrokenStreamIsTakenUpWhereItBroke) {
  FakeRunService service(100, 3, 20);
  EXPECT_TRUE(Connect(service.address())->WatchRun(Watch(), Collect()).ok());
  EXPECT_EQ(seen_, UpTo(100));
  EXPECT_EQ(lost_, 20);
  EXPECT_EQ(retries_, 20);
  EXPECT_EQ(service.streams(), 21);
}

TEST_F(MusterClientTest, ACommandGoesOnAsAWatcher) {
  FakeRunService service(10, 3, 2);
  EXPECT_TRUE(Connect(service.address())->CreateAndWatchRun({}, Collect()).ok());
  EXPECT_EQ(seen_, UpTo(10));
  EXPECT_THAT(service.request_ids(), SizeIs(1));  // the others were WatchRun
}

TEST_F(MusterClientTest, ACommandThatDidNotBeginIsStartedAgainWithTheSameId) {
  FakeRunService service(5, 5, 0);
  service.refuse = 2;
  v1::CreateAndWatchRunRequest request;
  request.set_request_id("once");
  EXPECT_TRUE(Connect(service.address())->CreateAndWatchRun(request, Collect()).ok());
  EXPECT_EQ(seen_, UpTo(5));
  EXPECT_THAT(service.request_ids(), SizeIs(3));
  EXPECT_THAT(service.request_ids(), Each("once"));
}

TEST_F(MusterClientTest, WithoutAnIdItIsNot) {
  FakeRunService service(5, 5, 0);
  service.refuse = 1;
  EXPECT_FALSE(Connect(service.address())->CreateAndWatchRun({}, Collect()).ok());
  EXPECT_THAT(service.request_ids(), SizeIs(1));
}

TEST_F(MusterClientTest, CreatingIsRepeatedOnlyWithAnId) {
  FakeRunService service(0, 0, 0);
  const auto client = Connect(service.address());
  v1::CreateRunRequest request;
  service.refuse = 1;
  EXPECT_TRUE(absl::IsUnavailable(client->CreateRun(request).status()));
  request.set_request_id("once");
  service.refuse = 2;
  EXPECT_TRUE(client->CreateRun(request).ok());
}

TEST_F(MusterClientTest, ResumingIsNeverRepeated) {
  FakeRunService service(0, 0, 0);
  service.refuse = 1;
  EXPECT_TRUE(absl::IsUnavailable(Connect(service.address())->ResumeRun("r1").status()));
}

TEST_F(MusterClientTest, AGapIsAnError) {
  FakeRunService service(10, 10, 0);
  service.skip_one = true;
  EXPECT_TRUE(absl::IsDataLoss(Connect(service.address())->WatchRun(Watch(), Collect())));
}

TEST_F(MusterClientTest, WhoHasEnoughLeaves) {
  FakeRunService service(10, 10, 0);
  enough_ = 4;
  EXPECT_TRUE(Connect(service.address())->WatchRun(Watch(2), Collect()).ok());
  EXPECT_EQ(seen_, (std::vector<uint64_t>{3, 4, 5, 6}));
}

TEST_F(MusterClientTest, ADaemonThatWasNeverThereIsNotWaitedFor) {
  EXPECT_TRUE(absl::IsUnavailable(Connect("unix:/nonexistent/s")->WatchRun(Watch(), Collect())));
  EXPECT_EQ(retries_, 0);
}

TEST_F(MusterClientTest, TheStreamOfAllRunsIsMadeAnew) {
  FakeRunService service(0, 0, 2);
  std::vector<std::string> ids;
  const auto collect = [&](const v1::WatchRunsResponse& message) {
    ids.push_back(message.runs(0).id());
    return ids.back() != "r2";
  };
  const auto on_lost = [this](const absl::Status&) { ++lost_; };
  EXPECT_TRUE(Connect(service.address())->WatchRuns({}, {collect, on_lost}).ok());
  EXPECT_EQ(ids, (std::vector<std::string>{"r1", "r1", "r1", "r2"}));
  EXPECT_EQ(lost_, 2);
}

TEST_F(MusterClientTest, TheStreamOfAllRunsHasNoEnd) {
  FakeRunService service(0, 0, 0);
  const auto on = [](const v1::WatchRunsResponse&) { return true; };
  EXPECT_TRUE(absl::IsDataLoss(Connect(service.address())->WatchRuns({}, {on, {}})));
}

TEST_F(MusterClientTest, ACallThatAnOlderDaemonLacksSaysSo) {
  FakeRunService service(0, 0, 0);
  const absl::Status status = Connect(service.address())->ListEvents({}).status();
  EXPECT_TRUE(absl::IsUnimplemented(status));
  EXPECT_NE(status.message().find("older"), absl::string_view::npos);
}

v1::PutArtifactRequest Piece(const std::string& name, uint64_t offset, const std::string& data,
                             bool end) {
  v1::PutArtifactRequest request;
  request.set_name(name);
  request.set_offset(offset);
  request.set_data(data);
  request.set_end(end);
  return request;
}

TEST_F(MusterClientTest, PuttingIsRepeatedOverConnectionsThatBreak) {
  FakeArtifactService service;
  const auto client = Connect(service.address());
  ASSERT_TRUE(client->PutArtifact(Piece("a", 0, "ab", false)).ok());
  service.lose_answers = 2;
  const absl::StatusOr<v1::PutArtifactResponse> put =
      client->PutArtifact(Piece("a", 2, "cd", true));
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_TRUE(put->artifact().whole());
  EXPECT_EQ(service.BytesOf("a"), "abcd");
  EXPECT_EQ(retries_, 2);
}

TEST_F(MusterClientTest, AllPagesOfArtifactsAreOneList) {
  FakeArtifactService service;
  const auto client = Connect(service.address());
  for (const char* name : {"c", "a", "b", "d", "e"}) {
    ASSERT_TRUE(client->PutArtifact(Piece(name, 0, "x", true)).ok());
  }
  const absl::StatusOr<std::vector<v1::Artifact>> all = client->ListArtifacts();
  ASSERT_TRUE(all.ok()) << all.status();
  std::string names;
  for (const v1::Artifact& artifact : *all) names += artifact.name();
  EXPECT_EQ(names, "abcde");
  EXPECT_EQ(service.pages(), 3);
}

TEST_F(MusterClientTest, RemovingAnArtifactIsNotRepeated) {
  FakeArtifactService service;
  const auto client = Connect(service.address());
  ASSERT_TRUE(client->PutArtifact(Piece("a", 0, "x", true)).ok());
  service.lose_answers = 1;
  EXPECT_TRUE(absl::IsUnavailable(client->DeleteArtifact("a")));
  EXPECT_EQ(retries_, 0);
  EXPECT_TRUE(absl::IsNotFound(client->DeleteArtifact("a")));
}

TEST_F(MusterClientTest, ADaemonThatKeepsNoArtifactsSaysSo) {
  FakeRunService service(0, 0, 0);
  const auto client = Connect(service.address());
  for (const absl::Status& status :
       {client->PutArtifact({}).status(), client->ListArtifacts().status(),
        client->DeleteArtifact("a")}) {
    EXPECT_TRUE(absl::IsUnimplemented(status)) << status;
    EXPECT_NE(status.message().find("older"), absl::string_view::npos) << status;
  }
}

}  // namespace
}  // namespace muster::client
