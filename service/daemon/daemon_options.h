// musterd's command line.
#ifndef SERVICE_DAEMON_DAEMON_OPTIONS_H_
#define SERVICE_DAEMON_DAEMON_OPTIONS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/listen/server_credentials.h"

namespace muster::service {

// A value.
struct DaemonOptions {
  std::vector<std::string> listen;  // "unix:PATH", "HOST:PORT"
  TlsFiles tls;
  std::string state_dir;
  std::string config_file;  // empty: none
  std::string log_level = "info";
  int threads = 0;                                  // loops; 0: one per core
  absl::Duration idle_timeout;                      // zero: never ends by itself
  absl::Duration session_idle = absl::Minutes(10);  // zero: sessions are not kept
  absl::Duration session_max_age = absl::Hours(1);  // since the login; zero: no limit
  size_t max_sessions = 0;                          // 0: what descriptors and memory allow
  size_t max_runs = 0;                              // under way
  size_t keep_runs = 0;                             // of those that are over; 0: no limit
  absl::Duration keep_for;                          // the same; zero: no limit
  size_t keep_mib = 0;                              // of all runs, on the disk; 0: no limit
  size_t min_free_mib = 0;                          // on the disk
  size_t max_artifacts_mib = 0;                     // of all callers; 0: none are taken
  size_t max_output_per_run_mib = 0;                // of one
  bool allow_core_dumps = false;                    // and debuggers of the same user
  int ready_fd = -1;                                // told once it listens; -1: nobody
};

// How reading a command line ended: either options, or an exit code with what to print first.
struct ParsedDaemonOptions {
  bool run = false;
  DaemonOptions options;
  int exit_code = 0;
  std::string text;  // help, version, or what is wrong
};

// Fills in defaults, from the environment too ($XDG_STATE_HOME, $HOME).
ParsedDaemonOptions ParseDaemonOptions(int argc, const char* const* argv);

}  // namespace muster::service

#endif  // SERVICE_DAEMON_DAEMON_OPTIONS_H_
