#include "service/api/event_queries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/contract/error_details.h"
#include "tests/service/runs/run_fakes.h"

namespace muster::service {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class EventQueriesTest : public ::testing::Test {
 protected:
  EventQueriesTest() {
    // Create waits for the store: whatever it queues is written at once.
    daemon_.on_wake = [this](absl::Duration) {
      if (creating_) daemon_.journal.Turn().IgnoreError();
    };
    RunPlan plan = PlanOf(3);
    plan.creator = creator_.Text();
    plan.max_output_bytes = 64 << 20;
    creating_ = true;
    const auto created =
        runs_.Create(std::move(plan), [](service::Run& run) { run.Begin({}, {}, {Reach()}); });
    creating_ = false;
    EXPECT_TRUE(created.ok()) << created.status();
    id_ = (*created)->id();
    request_.set_run_id(id_);
  }
  FakeEngineRun& run() { return *daemon_.engine.runs()[0]; }
  // An event of its own.
  void Output(uint32_t host, const std::string& text) {
    run().Output(host, text);
    run().Flush();
    ASSERT_TRUE(daemon_.Turn().ok());
  }
  void EndAll() {
    for (const uint32_t host : {0, 1, 2}) run().EndNow(host);
    ASSERT_TRUE(daemon_.Turn().ok());
  }
  absl::Status List(absl::Duration time = kSearchTime) {
    page_.Clear();
    const auto waits = [this] { return waits_; };
    return FillEvents(runs_, daemon_.store, creator_, request_, waits, &page_, time);
  }
  // All pages.
  std::vector<v1::Event> ListAll(absl::Duration time = kSearchTime) {
    std::vector<v1::Event> events;
    request_.clear_page_token();
    do {
      ++pages_;
      const absl::Status status = List(time);
      EXPECT_TRUE(status.ok()) << status;
      if (!status.ok()) break;
      events.insert(events.end(), page_.events().begin(), page_.events().end());
      request_.set_page_token(page_.next_page_token());
    } while (!request_.page_token().empty());
    request_.clear_page_token();
    return events;
  }
  static std::vector<std::string> TextsOf(const std::vector<v1::Event>& events) {
    std::vector<std::string> texts;
    for (const v1::Event& event : events) texts.push_back(event.output().data());
    return texts;
  }
  void ExpectField(const std::string& field) {
    const absl::Status status = List();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_FIELD_INVALID);
    EXPECT_THAT(std::string(status.message()), HasSubstr(field + ": "));
    EXPECT_THAT(ErrorDetails(status), HasSubstr(field));
  }

  const Caller creator_{Caller::Kind::kDns, "one.example.com"};
  bool creating_ = false;
  FakeDaemon daemon_;
  Runs runs_{&daemon_.store, daemon_.parts(), 10, [](const auto&) {}};
  std::string id_;
  v1::ListEventsRequest request_;
  v1::ListEventsResponse page_;
  bool waits_ = true;
  int pages_ = 0;
};

TEST_F(EventQueriesTest, PagesHaveTheWholeLogBackwardsWhileARunIsUnderWayAndAfter) {
  for (int i = 0; i < 50; ++i) Output(i % 3, "line " + std::to_string(i) + "\n");
  for (const bool ended : {false, true}) {
    if (ended) EndAll();
    std::vector<v1::Event> stored = StoredEvents(daemon_.store, id_);
    std::reverse(stored.begin(), stored.end());
    for (const uint32_t size : {1, 7, 1000}) {
      request_.set_page_size(size);
      const std::vector<v1::Event> listed = ListAll();
      ASSERT_EQ(listed.size(), stored.size());
      for (size_t i = 0; i < listed.size(); ++i) {
        EXPECT_EQ(listed[i].SerializeAsString(), stored[i].SerializeAsString());
      }
    }
  }
}

TEST_F(EventQueriesTest, WhatComesMeanwhileIsOnNoFurtherPage) {
  Output(0, "one\n");
  Output(0, "two\n");
  request_.add_host_indexes(0);
  request_.set_page_size(1);
  ASSERT_TRUE(List().ok());
  Output(0, "three\n");
  request_.set_page_token(page_.next_page_token());
  ASSERT_TRUE(List().ok());
  EXPECT_EQ(page_.events(0).output().data(), "one\n");
}

TEST_F(EventQueriesTest, EventsOfOneHostAloneWithoutTheRuns) {
  Output(0, "a\n");
  Output(1, "b\n");
  EndAll();
  request_.add_host_indexes(1);
  const std::vector<v1::Event> events = ListAll();
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(events[0].host_finished().host_index(), 1u);
  EXPECT_EQ(events[1].output().data(), "b\n");
}

TEST_F(EventQueriesTest, ASearchCutsOutputToLines) {
  Output(0, "xa\nb\nax\n");
  Output(1, "b\n");
  Output(2, "a\n");
  request_.set_pattern("a");
  EXPECT_THAT(TextsOf(ListAll()), ElementsAre("a\n", "xa\nax\n"));
  request_.set_pattern("^a");
  EXPECT_THAT(ListAll(), IsEmpty());
  request_.set_pattern_is_regex(true);
  EXPECT_THAT(TextsOf(ListAll()), ElementsAre("a\n", "ax\n"));
}

TEST_F(EventQueriesTest, TheFlagsOfTheLastLineGoWithIt) {
  const auto loop = run().NewLoop(1);
  loop->OnOutput(0, engine::OutputStream::kStdout, {"one\ntwo", true, false});
  loop->Flush(absl::UnixEpoch());
  ASSERT_TRUE(daemon_.Turn().ok());
  request_.set_pattern("one");
  EXPECT_FALSE(ListAll()[0].output().unterminated());
  request_.set_pattern("two");
  EXPECT_TRUE(ListAll()[0].output().unterminated());
}

TEST_F(EventQueriesTest, APageEndsBeforeAMebibyte) {
  for (int i = 0; i < 40; ++i) Output(0, std::string(60'000, 'x') + "\n");
  request_.set_page_size(10'000);
  request_.add_host_indexes(0);
  EXPECT_THAT(ListAll(), SizeIs(40));
  EXPECT_EQ(pages_, 3);
}

TEST_F(EventQueriesTest, ASearchWhoseTimeIsOverSaysWhereItStopped) {
  Output(0, "found\n");
  for (int i = 0; i < 10; ++i) Output(1, "x\n");
  request_.set_pattern("found");
  EXPECT_THAT(TextsOf(ListAll(absl::ZeroDuration())), ElementsAre("found\n"));
  EXPECT_GT(pages_, 10);  // an event each
}

TEST_F(EventQueriesTest, WhoHasLeftIsSearchedForNoMore) {
  Output(0, "a\n");
  waits_ = false;
  EXPECT_TRUE(absl::IsCancelled(List()));
}

TEST_F(EventQueriesTest, FaultyFieldsAreNamed) {
  request_.add_host_indexes(3);
  ExpectField("host_indexes");
  request_.clear_host_indexes();
  request_.set_pattern("a(");
  EXPECT_TRUE(List().ok());
  request_.set_pattern_is_regex(true);
  ExpectField("pattern");
  request_.set_pattern("a");
  request_.set_page_token("x");
  EXPECT_EQ(ReasonOf(List()), v1::ERROR_REASON_PAGE_TOKEN_INVALID);
}

TEST_F(EventQueriesTest, ATokenOfAnotherSearchIsRefused) {
  for (int i = 0; i < 3; ++i) Output(0, "a\n");
  request_.set_page_size(1);
  request_.set_pattern("a");
  ASSERT_TRUE(List().ok());
  request_.set_page_token(page_.next_page_token());
  request_.set_pattern("b");
  EXPECT_EQ(ReasonOf(List()), v1::ERROR_REASON_PAGE_TOKEN_INVALID);
}

TEST_F(EventQueriesTest, AnothersRunIsNotFound) {
  const auto waits = [] { return true; };
  const Caller other{Caller::Kind::kDns, "other.example.com"};
  const absl::Status status = FillEvents(runs_, daemon_.store, other, request_, waits, &page_);
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_RUN_NOT_FOUND);
  const Caller owner{Caller::Kind::kUid, "1000"};
  EXPECT_TRUE(FillEvents(runs_, daemon_.store, owner, request_, waits, &page_).ok());
}

TEST_F(EventQueriesTest, WhatWasFoundBeforeADamageIsNotLostWithIt) {
  for (int i = 0; i < 20; ++i) Output(0, "a\n");
  EndAll();
  daemon_.disk->Damage(id_, 5);
  request_.set_page_size(1000);
  ASSERT_TRUE(List().ok());
  EXPECT_GT(page_.events_size(), 10);
  request_.set_page_token(page_.next_page_token());
  EXPECT_TRUE(absl::IsDataLoss(List()));
}

}  // namespace
}  // namespace muster::service
