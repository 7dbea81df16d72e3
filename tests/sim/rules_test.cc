#include "tests/sim/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace muster::sim {
namespace {

using ::testing::HasSubstr;

Address At(absl::string_view text) { return *ParseAddress(text); }

TEST(AddressRangeTest, Forms) {
  const AddressRange prefix = *ParseAddressRange("127.1.2.3/16");
  EXPECT_EQ(FormatAddress(prefix.first), "127.1.0.0");
  EXPECT_EQ(FormatAddress(prefix.last), "127.1.255.255");
  EXPECT_EQ(ParseAddressRange("127.1.0.1")->size(), 1);
  EXPECT_EQ(ParseAddressRange("127.1.0.1-127.1.39.16")->size(), 10'000);
  EXPECT_EQ(ParseAddressRange("1.2.3.4/0")->size(), uint64_t{1} << 32);
}

TEST(AddressRangeTest, WhatIsNone) {
  for (const char* text : {"", "127.1", "127.1.0.1/33", "127.1.0.1/x", "127.1.0.2-127.1.0.1"}) {
    EXPECT_FALSE(ParseAddressRange(text).ok()) << text;
  }
}

TEST(RulesTest, AHostWithoutARuleIsGood) {
  const Rules rules;
  const Behaviour& good = rules.Find(At("127.1.0.1"));
  EXPECT_EQ(good.stall, Phase::kNone);
  EXPECT_EQ(good.max_sessions, 10);
  EXPECT_EQ(good.delay, absl::ZeroDuration());
}

TEST(RulesTest, TheLastThatFitsHoldsAsAWhole) {
  Rules rules;
  ASSERT_TRUE(rules.Add("127.0.0.0/8 delay 50 max-sessions 2").ok());
  ASSERT_TRUE(rules.Add("127.1.0.7-127.1.0.8 silent").ok());
  EXPECT_EQ(rules.Find(At("127.1.0.6")).delay, absl::Milliseconds(50));
  EXPECT_EQ(rules.Find(At("127.1.0.6")).max_sessions, 2);
  EXPECT_EQ(rules.Find(At("127.1.0.7")).stall, Phase::kBanner);
  EXPECT_EQ(rules.Find(At("127.1.0.7")).delay, absl::ZeroDuration());
  EXPECT_EQ(rules.Find(At("127.1.0.9")).stall, Phase::kNone);
}

TEST(RulesTest, EveryBehaviourIsRead) {
  Rules rules;
  ASSERT_TRUE(
      rules
          .Add("127.1.0.1 stall exec reset auth garbage endless-banner throttle 10:30:100 "
               "max-sessions 1 refuse-auth changed-key delay 20 rate 1000 close-after 5000 "
               "die-after-commands 3 mute-exec late-exec lost-window one-command open flood opens "
               "idle-flood ignores expired-password secret")
          .ok());
  const Behaviour& behaviour = rules.Find(At("127.1.0.1"));
  EXPECT_EQ(behaviour.stall, Phase::kExec);
  EXPECT_EQ(behaviour.reset, Phase::kAuth);
  EXPECT_TRUE(behaviour.garbage && behaviour.endless_banner && behaviour.refuse_auth &&
              behaviour.changed_key);
  EXPECT_NE(behaviour.throttle, nullptr);
  EXPECT_EQ(behaviour.max_sessions, 1);
  EXPECT_EQ(behaviour.delay, absl::Milliseconds(20));
  EXPECT_EQ(behaviour.bytes_per_second, 1000);
  EXPECT_EQ(behaviour.close_after, absl::Seconds(5));
  EXPECT_EQ(behaviour.die_after_commands, 3u);
  EXPECT_TRUE(behaviour.mute_exec && behaviour.late_exec && behaviour.lost_window);
  EXPECT_EQ(behaviour.one_command, Phase::kOpen);
  EXPECT_EQ(behaviour.flood, Flood::kOpens);
  EXPECT_EQ(behaviour.idle_flood, Flood::kIgnores);
  EXPECT_EQ(behaviour.password.way, PasswordRule::Way::kExpired);
  EXPECT_EQ(behaviour.password.password, "secret");
}

TEST(RulesTest, SaysWhatIsWrong) {
  Rules rules;
  EXPECT_THAT(std::string(rules.Add("127.1.0.1 lazy").message()),
              HasSubstr("rule \"127.1.0.1 lazy\": \"lazy\" is no behaviour"));
  EXPECT_THAT(std::string(rules.Add("127.1.0.1 stall dinner").message()),
              HasSubstr("stall \"dinner\": expected banner, "));
  EXPECT_THAT(std::string(rules.Add("127.1.0.1 delay").message()),
              HasSubstr("delay \"\": expected a number"));
  EXPECT_THAT(std::string(rules.Add("localhost silent").message()),
              HasSubstr("\"localhost\" is no IPv4 address"));
  EXPECT_THAT(std::string(rules.Add("127.1.0.1 flood water").message()),
              HasSubstr("flood \"water\": expected requests, "));
  EXPECT_FALSE(rules.Add("127.1.0.1").ok());
  EXPECT_FALSE(rules.Add("127.1.0.1 throttle 10:30").ok());
}

TEST(RulesTest, FilesMayHaveComments) {
  const std::string path = testing::TempDir() + "/rules";
  std::ofstream(path) << "# who is slow\n\n127.1.0.1 delay 5\n";
  Rules rules;
  ASSERT_TRUE(rules.AddFile(path).ok());
  EXPECT_EQ(rules.Find(At("127.1.0.1")).delay, absl::Milliseconds(5));
  EXPECT_FALSE(rules.AddFile(path + ".not").ok());
}

TEST(ThrottleTest, DropsMoreTheMoreAreWaiting) {
  const std::unique_ptr<Throttle> throttle = *Throttle::Parse("10:30:100");
  EXPECT_EQ(throttle->DropPercent(9), 0);
  EXPECT_EQ(throttle->DropPercent(10), 30);
  EXPECT_EQ(throttle->DropPercent(55), 65);
  EXPECT_EQ(throttle->DropPercent(99), 99);
  EXPECT_EQ(throttle->DropPercent(100), 100);
}

TEST(ThrottleTest, CountsThoseThatStayedUntilTheyLeave) {
  Throttle throttle(1, 50, 2);
  EXPECT_TRUE(throttle.Enter(0));
  EXPECT_FALSE(throttle.Enter(49));
  EXPECT_TRUE(throttle.Enter(50));
  EXPECT_FALSE(throttle.Enter(99));  // full
  throttle.Leave();
  EXPECT_TRUE(throttle.Enter(99));
}

TEST(ThrottleTest, ParsesOnlyWhatMakesSense) {
  for (const char* text : {"", "10", "10:30", "0:30:100", "10:0:100", "10:101:100", "10:30:9"}) {
    EXPECT_FALSE(Throttle::Parse(text).ok()) << text;
  }
}

}  // namespace
}  // namespace muster::sim
