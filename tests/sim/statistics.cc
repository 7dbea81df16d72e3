#include "tests/sim/statistics.h"

#include <sys/resource.h>

#include "absl/strings/str_format.h"

namespace muster::sim {
namespace {

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
      Seconds(usage.ru_utime), Seconds(usage.ru_stime), usage.ru_maxrss);
}

}  // namespace muster::sim
