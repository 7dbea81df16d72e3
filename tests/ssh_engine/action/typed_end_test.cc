#include "ssh_engine/action/typed_end.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <memory>
#include <string>

#include "tests/ssh_engine/fakes.h"
#include "tests/ssh_engine/loop/simulated_loop.h"

namespace muster::engine {
namespace {

class TypedEndTest : public ::testing::Test {
 protected:
  void Begin(size_t room) {
    server_.input_room = room;
    end_ = std::make_unique<TypedEnd>(&loop_, channel_.get(), [this] { ++typed_; });
  }

  SimulatedLoop loop_;
  FakeServer server_;
  FakeTransport transport_{UniqueFd(eventfd(0, EFD_CLOEXEC)), &server_};
  std::unique_ptr<ExecChannel> channel_ =
      transport_.NewExecChannel([](OutputStream, absl::string_view) {});
  std::unique_ptr<TypedEnd> end_;
  int typed_ = 0;
};

TEST_F(TypedEndTest, TypesTheEndOfALineAndOfTheFile) {
  Begin(100);
  EXPECT_EQ(server_.input, "\x04\x04");
  EXPECT_FALSE(server_.end_of_input);
}

// A program that asks later, or has thrown away what was typed, reads an end, too.
TEST_F(TypedEndTest, TypesItAgainAndAgainLessOften) {
  Begin(10'000);
  loop_.Advance(absl::Seconds(1));
  EXPECT_EQ(server_.input.size(), 4u);
  loop_.Advance(absl::Seconds(2));
  EXPECT_EQ(server_.input.size(), 6u);
  EXPECT_EQ(typed_, 2);
  loop_.Advance(absl::Hours(1));
  const size_t size = server_.input.size();
  loop_.Advance(absl::Minutes(1));
  EXPECT_EQ(server_.input.size(), size + 2);
}

TEST_F(TypedEndTest, NothingIsSentForWhichThereIsNoRoom) {
  Begin(1);
  EXPECT_EQ(server_.input, "");
  server_.input_room = 100;
  loop_.Advance(absl::Seconds(1));
  EXPECT_EQ(server_.input, "\x04\x04");
}

}  // namespace
}  // namespace muster::engine
