#include "tests/sim/statistics.h"

#include <sys/resource.h>

#include <cstdlib>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"

namespace muster::sim {
namespace {

// What ru_maxrss should be; that one begins with what the parent had before it started us.
uint64_t PeakMemoryKib() {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    if (absl::StartsWith(line, "VmHWM:")) return strtoull(line.c_str() + 6, nullptr, 10);
  }
  return 0;
}

double Seconds(const timeval& time) { return time.tv_sec + time.tv_usec / 1e6; }

}  // namespace

std::string Statistics::Json() const {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return absl::StrFormat(
      R"({"connections": %d, "live": %d, "peak_live": %d, "throttled": %d, "handshakes": %d, )"
      R"("logins": %d, "commands": %d, "output_bytes": %d, "sent_bytes": %d, )"
      R"("cpu_user_seconds": %.6f, "cpu_system_seconds": %.6f, "peak_rss_kib": %d})",
      connections.load(), live.load(), peak_live.load(), throttled.load(), handshakes.load(),
      logins.load(), commands.load(), output_bytes.load(), sent_bytes.load(),
      Seconds(usage.ru_utime), Seconds(usage.ru_stime), PeakMemoryKib());
}

}  // namespace muster::sim
