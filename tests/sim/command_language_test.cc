#include "tests/sim/command_language.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace muster::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const Address kHost = *ParseAddress("127.1.0.1");

// All of a source, in bites of `limit`.
std::string Drain(OutputSource* source, size_t limit) {
  std::string text;
  for (int i = 0; i < 100'000 && !source->done(); ++i) source->Append(limit, &text);
  return text;
}

std::string Print(absl::string_view command) {
  std::string text;
  for (const Step& step : ParseCommand(command, kHost)) {
    if (step.action == Step::Action::kWrite) {
      absl::StrAppend(&text, step.to_stderr ? "err:" : "", Drain(step.output.get(), 1000));
    } else if (step.action == Step::Action::kStatus) {
      absl::StrAppend(&text, "status:", *step.code, ";");
    }
  }
  return text;
}

std::vector<Step::Action> Actions(absl::string_view command) {
  std::vector<Step::Action> actions;
  for (const Step& step : ParseCommand(command, kHost)) actions.push_back(step.action);
  return actions;
}

TEST(AddressLinesTest, LinesAreAsDocumented) {
  AddressLines lines(kHost, 70);
  EXPECT_EQ(Drain(&lines, 70),
            "127.1.0.1 0000000001 abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP\n127.1.");
}

TEST(AddressLinesTest, EveryLineHas64BytesAndItsNumber) {
  AddressLines lines(*ParseAddress("127.255.255.254"), 64 * 1000);
  const std::string text = Drain(&lines, 64 * 1000);
  ASSERT_EQ(text.size(), 64 * 1000);
  EXPECT_THAT(text.substr(64 * 999), StartsWith("127.255.255.254 0000001000 abc"));
  EXPECT_EQ(text.back(), '\n');
}

TEST(AddressLinesTest, TheSizeOfBitesDoesNotMatter) {
  AddressLines whole(kHost, 10'000);
  const std::string text = Drain(&whole, 10'000);
  for (const size_t limit : {1, 7, 63, 64, 65, 1000}) {
    AddressLines bitten(kHost, 10'000);
    EXPECT_EQ(Drain(&bitten, limit), text) << limit;
  }
}

TEST(AddressLinesTest, EndlessTextDoesNotEnd) {
  AddressLines lines(kHost, kEndless);
  std::string text;
  lines.Append(100'000, &text);
  EXPECT_EQ(text.size(), 100'000);
  EXPECT_FALSE(lines.done());
}

TEST(NumbersTest, CountsAsSeqDoes) {
  for (const size_t limit : {1, 2, 3, 1000}) {
    Numbers numbers(12);
    EXPECT_EQ(Drain(&numbers, limit), "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n") << limit;
  }
  EXPECT_TRUE(Numbers(0).done());
}

TEST(ParseCommandTest, NothingDoesNothing) {
  EXPECT_THAT(ParseCommand("", kHost), IsEmpty());
  EXPECT_THAT(ParseCommand(" ; ;", kHost), IsEmpty());
}

TEST(ParseCommandTest, PrintsText) {
  EXPECT_EQ(Print("hostname"), "127.1.0.1\n");
  EXPECT_EQ(Print("out 10; err 5"), "127.1.0.1 err:127.1");
  EXPECT_EQ(Print("lines 2"), "1\n2\n");
  EXPECT_EQ(Print("uname -sr"), "Linux 6.1.0-18-amd64\n");
  EXPECT_EQ(Print("cat /any/file").size(), 26 * 1024);
}

TEST(ParseCommandTest, QuotesKeepWordsTogether) {
  EXPECT_EQ(Print("echo 'a  b;c' \"d'\" ''"), "a  b;c d' \n");
}

TEST(ParseCommandTest, MakesStepsInTheirOrder) {
  using Action = Step::Action;
  EXPECT_THAT(
      Actions("export A=1; true; sleep 5\nout 1; hang"),
      ElementsAre(Action::kStatus, Action::kStatus, Action::kSleep, Action::kWrite, Action::kHang));
  EXPECT_THAT(Actions("exit 3; signal TERM; close; drop"),
              ElementsAre(Action::kExit, Action::kSignal, Action::kClose, Action::kDrop));
}

TEST(ParseCommandTest, TakesArguments) {
  EXPECT_EQ(ParseCommand("exit 300", kHost)[0].code, 44u);  // as a shell does
  EXPECT_EQ(ParseCommand("exit", kHost)[0].code, absl::nullopt);
  EXPECT_EQ(ParseCommand("signal KILL", kHost)[0].signal, "KILL");
  EXPECT_EQ(ParseCommand("sleep 250", kHost)[0].time, absl::Milliseconds(250));
  const std::vector<Step> drip = ParseCommand("drip 64 10 3", kHost);
  EXPECT_EQ(drip[0].drip->bytes, 64);
  EXPECT_EQ(drip[0].drip->interval, absl::Milliseconds(10));
  EXPECT_EQ(Drain(drip[0].output.get(), 1000).size(), 3 * 64);
}

TEST(ParseCommandTest, ComplainsAsAShellDoes) {
  EXPECT_EQ(Print("frobnicate 1"), "err:sim: frobnicate: command not found\nstatus:127;");
  EXPECT_EQ(Print("out much"), "err:sim: usage: out BYTES\nstatus:2;");
  EXPECT_EQ(Print("drip 1 2"), "err:sim: usage: drip BYTES EVERY_MILLISECONDS TIMES\nstatus:2;");
}

}  // namespace
}  // namespace muster::sim
