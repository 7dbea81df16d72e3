#include "service/daemon/daemon_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::service {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ParsedDaemonOptions Parse(std::vector<const char*> words) {
  words.insert(words.begin(), "musterd");
  return ParseDaemonOptions(static_cast<int>(words.size()), words.data());
}

TEST(DaemonOptionsTest, AloneItServesItsOwnerFromItsStateFolder) {
  const ParsedDaemonOptions parsed = Parse({"--state-dir", "/var/lib/muster/"});
  ASSERT_TRUE(parsed.run) << parsed.text;
  EXPECT_EQ(parsed.options.state_dir, "/var/lib/muster");
  EXPECT_THAT(parsed.options.listen, ElementsAre("unix:/var/lib/muster/musterd.sock"));
  EXPECT_EQ(parsed.options.idle_timeout, absl::ZeroDuration());
  EXPECT_FALSE(parsed.options.allow_core_dumps);
}

TEST(DaemonOptionsTest, DurationsHaveUnitsOrAreSeconds) {
  const DaemonOptions options =
      Parse({"--state-dir", "/s", "--idle-timeout", "90", "--session-idle", "1h30m"}).options;
  EXPECT_EQ(options.idle_timeout, absl::Seconds(90));
  EXPECT_EQ(options.session_idle, absl::Minutes(90));
}

TEST(DaemonOptionsTest, WrongUseStartsNothingAndNamesTheOption) {
  const std::vector<std::vector<const char*>> wrong = {
      {"--threads", "0"},        {"--session-idle", "soon"}, {"--keep-for", "-1h"},
      {"--log-level", "loud"},   {"--max-runs", "0"},        {"--max-artifacts", "-1"},
      {"--max-sessions", "1e9"}, {"--no-such-option", "1"},
  };
  for (const auto& words : wrong) {
    const ParsedDaemonOptions parsed = Parse(words);
    EXPECT_FALSE(parsed.run) << words[0];
    EXPECT_EQ(parsed.exit_code, 2) << words[0];
    EXPECT_THAT(parsed.text, HasSubstr(words[0]));
  }
}

TEST(DaemonOptionsTest, HelpAndVersionAreNoFailure) {
  for (const char* word : {"--help", "--version"}) {
    const ParsedDaemonOptions parsed = Parse({word});
    EXPECT_FALSE(parsed.run);
    EXPECT_EQ(parsed.exit_code, 0);
    EXPECT_THAT(parsed.text, HasSubstr("musterd"));
  }
}

}  // namespace
}  // namespace muster::service
