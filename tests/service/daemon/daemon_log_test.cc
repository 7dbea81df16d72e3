#include "service/daemon/daemon_log.h"

#include <gtest/gtest.h>
#include <spdlog/details/log_msg.h>

namespace muster::service {
namespace {

std::string Line(const std::string& payload) {
  const spdlog::details::log_msg message("musterd", spdlog::level::info, payload);
  spdlog::memory_buf_t line;
  NewLogFormatter()->format(message, line);
  return {line.data(), line.size()};
}

TEST(DaemonLogTest, AMessageIsOneLineWhateverACallerIsCalled) {
  const std::string line = Line(
      "run 1m8 of ci\n[2026-11-29 03:00:00.000] [musterd] [info] run 1m9 of root: started\x1b[2J");
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_NE(line.find("[musterd] [info] run 1m8 of ci^J[2026-11-29"), std::string::npos) << line;
  EXPECT_NE(line.find("started^[[2J\n"), std::string::npos) << line;
}

TEST(DaemonLogTest, AMessageIsBounded) {
  EXPECT_LT(Line(std::string(1 << 20, 'x')).size(), 17000u);
}

}  // namespace
}  // namespace muster::service
