#include "ssh_engine/action/input_feed.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/ssh_engine/fakes.h"
#include "tests/ssh_engine/loop/simulated_loop.h"

namespace muster::engine {
namespace {

// Has what it was given at once, and tells who asks for more when that has come.
class FakeInput final : public InputSource {
 public:
  InputPiece Read(uint32_t /*host*/, uint64_t position, Later later) override {
    reads.push_back(position);
    if (position < text.size()) {
      InputPiece piece;
      piece.owner = std::make_shared<const std::string>(text.substr(position, most));
      piece.bytes = *piece.owner;
      return piece;
    }
    if (ended) return {nullptr, "", true, ""};
    waiting = std::move(later);
    return {};
  }
  void Add(const std::string& more, bool end) {
    text += more;
    ended = end;
    if (waiting != nullptr) std::exchange(waiting, nullptr)(InputPiece());
  }

  std::string text;
  bool ended = false;
  size_t most = std::string::npos;  // bytes of a piece
  std::vector<uint64_t> reads;
  Later waiting;
};

class InputFeedTest : public ::testing::Test {
 protected:
  InputFeedTest() { feed_ = NewFeed(nullptr, input_); }
  std::unique_ptr<InputFeed> NewFeed(std::shared_ptr<const std::string> prologue,
                                     std::shared_ptr<InputSource> source) {
    return std::make_unique<InputFeed>(
        std::move(prologue), std::move(source), 0, &loop_, channel_.get(),
        [this] { feed_->Send(); }, [this] { channel_->EndInput(); });
  }

  SimulatedLoop loop_;
  FakeServer server_;
  FakeTransport transport_{UniqueFd(eventfd(0, EFD_CLOEXEC)), &server_};
  std::unique_ptr<ExecChannel> channel_ =
      transport_.NewExecChannel([](OutputStream, absl::string_view) {});
  std::shared_ptr<FakeInput> input_ = std::make_shared<FakeInput>();
  std::unique_ptr<InputFeed> feed_;
};

TEST_F(InputFeedTest, SendsAllOfItAndThenItsEnd) {
  server_.input_room = 1000;
  input_->most = 3;
  input_->Add("0123456789", true);
  feed_->Send();
  loop_.Run();
  EXPECT_EQ(server_.input, "0123456789");
  EXPECT_TRUE(server_.end_of_input);
}

TEST_F(InputFeedTest, SendsNoMoreThanThereIsRoomFor) {
  input_->Add("0123456789", true);
  feed_->Send();
  EXPECT_EQ(server_.input, "");
  server_.input_room = 4;
  feed_->Send();
  EXPECT_EQ(server_.input, "0123");
  EXPECT_FALSE(server_.end_of_input);
  server_.input_room = 6;
  feed_->Send();
  EXPECT_EQ(server_.input, "0123456789");
  server_.input_room = 1;
  feed_->Send();
  EXPECT_TRUE(server_.end_of_input);
}

// Ten thousand hosts that stand still hold nothing.
TEST_F(InputFeedTest, HoldsNoInputWhileThereIsNoRoom) {
  input_->Add("0123456789", false);
  server_.input_room = 4;
  feed_->Send();
  server_.input_room = 1;
  feed_->Send();
  EXPECT_EQ(input_->reads, (std::vector<uint64_t>{0, 4}));  // read again from where it was
  EXPECT_EQ(server_.input, "01234");
}

TEST_F(InputFeedTest, GoesOnWhenMoreHasCome) {
  server_.input_room = 1000;
  feed_->Send();
  input_->Add("ab", false);
  loop_.Run();
  EXPECT_EQ(server_.input, "ab");
  input_->Add("c", true);
  loop_.Run();
  EXPECT_EQ(server_.input, "abc");
  EXPECT_TRUE(server_.end_of_input);
}

TEST_F(InputFeedTest, OthersHaveTheirTurnInBetween) {
  server_.input_room = 1'000'000;
  input_->most = 1;
  input_->Add(std::string(100, 'x'), true);
  feed_->Send();
  EXPECT_LT(server_.input.size(), 10u);
  loop_.Run();
  EXPECT_EQ(server_.input.size(), 100u);
}

TEST_F(InputFeedTest, WhatComesAfterItsEndIsDropped) {
  server_.input_room = 10;
  feed_->Send();
  feed_.reset();
  input_->Add("late", true);
  loop_.Run();
  EXPECT_EQ(server_.input, "");
}

TEST_F(InputFeedTest, APrologueGoesAheadOfTheInputAndDoesNotMoveIt) {
  feed_ = NewFeed(std::make_shared<const std::string>("#!/bin/sh\n"), input_);
  input_->Add("0123", true);
  server_.input_room = 4;
  feed_->Send();
  EXPECT_EQ(server_.input, "#!/b");
  EXPECT_TRUE(input_->reads.empty());
  server_.input_room = 1000;
  feed_->Send();
  EXPECT_EQ(server_.input, "#!/bin/sh\n0123");
  EXPECT_EQ(input_->reads.front(), 0u);
  EXPECT_TRUE(server_.end_of_input);
}

TEST_F(InputFeedTest, APrologueAloneIsSentAndEnded) {
  feed_ = NewFeed(std::make_shared<const std::string>("#!/bin/sh\n"), nullptr);
  server_.input_room = 1000;
  feed_->Send();
  EXPECT_EQ(server_.input, "#!/bin/sh\n");
  EXPECT_TRUE(server_.end_of_input);
}

}  // namespace
}  // namespace muster::engine
