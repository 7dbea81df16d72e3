#include "service/watch/folded_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/events/event_block.h"

namespace muster::service {
namespace {

using ::testing::ElementsAre;

class FoldedViewTest : public testing::Test {
 protected:
  FoldedViewTest() { Watch({}, 1 << 20); }

  void Watch(const v1::WatchRunRequest& request, size_t budget) {
    view_ = nullptr;
    texts_ = std::make_unique<TextBudget>(budget);
    view_ = std::make_unique<FoldedView>(ViewFilter(request), texts_.get());
  }

  void Output(uint32_t host, absl::string_view data,
              v1::OutputStream stream = v1::OUTPUT_STREAM_STDOUT) {
    EventBlock block;
    block.AddOutput(host, stream, data, false, false);
    Add(&block);
  }

  void Finish(uint32_t host, v1::HostState state = v1::HOST_STATE_SUCCEEDED, int exit_code = 0,
              const std::string& message = "") {
    v1::Event event;
    event.mutable_host_finished()->set_host_index(host);
    v1::HostOutcome* outcome = event.mutable_host_finished()->mutable_outcome();
    outcome->set_state(state);
    outcome->set_exit_code(exit_code);
    outcome->set_message(message);
    Add(event);
  }

  void Omit(uint32_t host, uint64_t bytes) {
    v1::Event event;
    event.mutable_output_omitted()->set_host_index(host);
    event.mutable_output_omitted()->set_stream(v1::OUTPUT_STREAM_STDOUT);
    event.mutable_output_omitted()->set_bytes(bytes);
    Add(event);
  }

  void Add(const v1::Event& event) {
    EventBlock block;
    block.Add(event);
    Add(&block);
  }

  void Add(EventBlock* block) {
    block->Stamp(++sequence_, absl::UnixEpoch());
    ASSERT_TRUE(view_->Add(block->Take()).ok());
  }

  v1::WatchRunResponse Take(size_t max_bytes = 1 << 20) {
    v1::WatchRunResponse response;
    view_->Take(max_bytes, &response);
    return response;
  }

  // "1: 0-2,5 content", or without content.
  std::vector<std::string> TakeText() {
    std::vector<std::string> text;
    const v1::WatchRunResponse response = Take();
    for (const v1::OutputGroup& group : response.groups()) {
      std::string line = absl::StrCat(group.group(), ":");
      for (const v1::HostRange& range : group.hosts()) {
        absl::StrAppend(&line, " ", range.first(), "-", range.last());
      }
      text.push_back(absl::StrCat(line, " ", group.stdout(), "|", group.stderr()));
    }
    return text;
  }

  std::unique_ptr<TextBudget> texts_;
  std::unique_ptr<FoldedView> view_;
  uint64_t sequence_ = 0;
};

TEST_F(FoldedViewTest, HostsThatEndAlikeAreOneGroup) {
  for (const uint32_t host : {5, 0, 2, 1}) {
    Output(host, "same");
    Finish(host);
  }
  Output(3, "other");
  Finish(3);
  EXPECT_THAT(TakeText(), ElementsAre("1: 0-2 5-5 same|", "2: 3-3 other|"));
  EXPECT_TRUE(view_->empty());
}

TEST_F(FoldedViewTest, HowStoppedCommandsEndedIsNoDifference) {
  for (const int code : {3, 4}) {
    v1::Event event;
    event.mutable_host_finished()->set_host_index(code);
    v1::HostOutcome* outcome = event.mutable_host_finished()->mutable_outcome();
    outcome->set_state(v1::HOST_STATE_CANCELED);
    outcome->set_exit_reported(true);
    outcome->set_exit_code(code);
    Add(event);
  }
  const v1::WatchRunResponse response = Take();
  ASSERT_EQ(response.groups_size(), 1);
  EXPECT_EQ(response.groups(0).outcome().exit_code(), 0);
}

TEST_F(FoldedViewTest, TellsWhatHasChangedSince) {
  Output(0, "same");
  Finish(0);
  EXPECT_THAT(TakeText(), ElementsAre("1: 0-0 same|"));
  EXPECT_THAT(TakeText(), ElementsAre());
  Output(1, "same");
  Finish(1);
  const v1::WatchRunResponse response = Take();
  ASSERT_EQ(response.groups_size(), 1);
  v1::OutputGroup expected;
  expected.set_group(1);
  expected.add_hosts()->set_first(1);
  expected.mutable_hosts(0)->set_last(1);
  EXPECT_EQ(response.groups(0).SerializeAsString(), expected.SerializeAsString());
}

TEST_F(FoldedViewTest, TellsHowTheyEnded) {
  v1::Event event;
  event.mutable_host_finished()->set_host_index(4);
  v1::HostOutcome* outcome = event.mutable_host_finished()->mutable_outcome();
  outcome->set_state(v1::HOST_STATE_SIGNALED);
  outcome->set_cause(v1::CAUSE_RESET);
  outcome->set_signal("KILL");
  outcome->set_message("why");
  Output(4, "out", v1::OUTPUT_STREAM_STDOUT);
  Output(4, "error", v1::OUTPUT_STREAM_STDERR);
  Add(event);
  const v1::OutputGroup group = Take().groups(0);
  EXPECT_EQ(group.outcome().state(), v1::HOST_STATE_SIGNALED);
  EXPECT_EQ(group.outcome().cause(), v1::CAUSE_RESET);
  EXPECT_EQ(group.outcome().signal(), "KILL");
  EXPECT_EQ(group.outcome().message(), "why");
  EXPECT_EQ(group.stdout_bytes(), 3u);
  EXPECT_EQ(group.stderr_bytes(), 5u);
  EXPECT_EQ(group.stderr(), "error");
}

TEST_F(FoldedViewTest, TheEndIsPartOfBeingAlike) {
  Finish(0, v1::HOST_STATE_EXITED_NONZERO, 1);
  Finish(1, v1::HOST_STATE_EXITED_NONZERO, 2);
  Finish(2, v1::HOST_STATE_OUTCOME_UNKNOWN);
  Finish(3, v1::HOST_STATE_EXITED_NONZERO, 1, "messages may differ");
  EXPECT_THAT(TakeText(), ElementsAre("1: 0-0 3-3 |", "2: 1-1 |", "3: 2-2 |"));
}

TEST_F(FoldedViewTest, HowOutputWasCutAndMixedIsNot) {
  Output(0, "one");
  Output(0, "err", v1::OUTPUT_STREAM_STDERR);
  Output(1, "er", v1::OUTPUT_STREAM_STDERR);
  Output(1, "o");
  Output(1, "ne");
  Output(1, "r", v1::OUTPUT_STREAM_STDERR);
  Output(2, "oneerr");
  for (uint32_t host = 0; host < 3; ++host) Finish(host);
  EXPECT_THAT(TakeText(), ElementsAre("1: 0-1 one|err", "2: 2-2 oneerr|"));
}

TEST_F(FoldedViewTest, ContentIsCutButTheWholeIsCompared) {
  const std::string big(FoldedView::kMaxTextBytes, 'x');
  for (uint32_t host = 0; host < 3; ++host) Output(host, big);
  Output(0, "one");
  Output(1, "two");
  Output(2, "one");
  for (uint32_t host = 0; host < 3; ++host) Finish(host);
  const v1::WatchRunResponse response = Take();
  ASSERT_EQ(response.groups_size(), 2);
  EXPECT_EQ(response.groups(0).stdout(), big);
  EXPECT_EQ(response.groups(0).stdout_bytes(), big.size() + 3);
  EXPECT_EQ(response.groups(0).hosts_size(), 2);
  EXPECT_EQ(texts_->used(), big.size());  // that hosts to come may begin with
}

TEST_F(FoldedViewTest, BeyondTheBudgetContentIsLeftOut) {
  Watch({}, 10);
  Output(0, "first");
  Output(1, "second");
  Output(2, "second");
  Output(3, "x");
  for (uint32_t host = 0; host < 4; ++host) Finish(host);
  EXPECT_THAT(TakeText(), ElementsAre("1: 0-0 first|", "2: 1-2 |", "3: 3-3 x|"));
  Output(5, "third");
  Finish(5);
  EXPECT_THAT(TakeText(), ElementsAre("4: 5-5 third|"));
}

TEST_F(FoldedViewTest, WhatWasOmittedCounts) {
  for (uint32_t host = 0; host < 3; ++host) Output(host, "same");
  Omit(1, 100);
  Omit(2, 100);
  for (uint32_t host = 0; host < 3; ++host) Finish(host);
  const v1::WatchRunResponse response = Take();
  ASSERT_EQ(response.groups_size(), 2);
  EXPECT_EQ(response.groups(0).stdout_bytes(), 4u);
  EXPECT_EQ(response.groups(1).stdout_bytes(), 104u);
}

TEST_F(FoldedViewTest, FiltersHostsAndStates) {
  v1::WatchRunRequest request;
  for (uint32_t host = 0; host < 3; ++host) request.add_host_indexes(host);
  request.add_states(v1::HOST_STATE_EXITED_NONZERO);
  Watch(request, 1000);
  for (uint32_t host = 0; host < 5; ++host) {
    Output(host, "x");
    Finish(host, host == 1 ? v1::HOST_STATE_SUCCEEDED : v1::HOST_STATE_EXITED_NONZERO, host % 2);
  }
  EXPECT_THAT(TakeText(), ElementsAre("1: 0-0 2-2 x|"));
}

TEST_F(FoldedViewTest, TakesNoMoreThanAsked) {
  for (uint32_t host = 0; host < 10; ++host) {
    Output(host, absl::StrCat(std::string(1000, 'x'), host));
    Finish(host);
  }
  int taken = 0;
  int messages = 0;
  for (; !view_->empty(); ++messages) {
    const int groups = Take(2500).groups_size();
    EXPECT_LE(groups, 3);
    taken += groups;
  }
  EXPECT_EQ(taken, 10);
  EXPECT_EQ(messages, 4);
}

TEST_F(FoldedViewTest, TenThousandEqualAnswersAreOneMessage) {
  constexpr uint32_t kHosts = 10'000;
  const std::string half(13 * 1024, 'x');
  for (int i = 0; i < 2; ++i) {
    for (uint32_t host = 0; host < kHosts; ++host) Output(host, half);
  }
  EXPECT_EQ(texts_->used(), 2 * half.size());
  for (uint32_t host = 0; host < kHosts; ++host) Finish(host);
  EXPECT_THAT(TakeText(), ElementsAre(absl::StrCat("1: 0-9999 ", half, half, "|")));
}

TEST_F(FoldedViewTest, LeavesNothingBehind) {
  Output(0, "never finished");
  Output(1, "never taken");
  Finish(1);
  view_ = nullptr;
  EXPECT_EQ(texts_->used(), 0u);
}

TEST_F(FoldedViewTest, SaysWhereTheLogIsDamaged) {
  EXPECT_EQ(view_->Add("damaged").code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace muster::service
