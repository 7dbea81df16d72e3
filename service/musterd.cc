// The daemon's main: signals, the log, and the time when nobody needs it any more.
#include <errno.h>
#include <grpc/grpc.h>
#include <poll.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "proto/contract/state_folder.h"
#include "proto/contract/version.h"
#include "proto/contract/visible_text.h"
#include "service/daemon/daemon.h"
#include "service/daemon/daemon_log.h"
#include "service/daemon/daemon_options.h"
#include "service/daemon/session_budget.h"
#include "service/journal/crash_point.h"
#include "ssh_engine/base/unique_fd.h"

namespace muster::service {
namespace {

// Says so where it is: nobody is to wonder.
absl::Status ArmCrashPoints() {
  const char* const text = getenv("MUSTERD_CRASH_AT");
  if (text == nullptr) return absl::OkStatus();
  spdlog::warn("MUSTERD_CRASH_AT={}: musterd will kill itself there, for a test", text);
  return ArmCrashPoint(text);
}

// How many sessions there is room for is known, and said, before the first of them.
void PlanSessions(DaemonOptions* options) {
  const SessionBudget budget = PlanSessions(TakeResources(), options->max_sessions);
  options->max_sessions = budget.sessions;
  spdlog::info("room for {} SSH sessions: {}", budget.sessions, budget.reason);
}

// As nohup leaves SIGHUP, and sh leaves SIGINT of what it starts with "&".
bool IsIgnored(int number) {
  struct sigaction action = {};
  return sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

// What is in memory stays there: keys and passphrases are. Nor may other processes of the same user
// look in (ptrace(2)); /proc/PID belongs to root then.
void KeepMemoryPrivate(const DaemonOptions& options) {
  if (options.allow_core_dumps) return;
  const rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0);
}

// The signals that end the daemon, to be read. Before any thread is made: they inherit the mask.
// One that it was started to ignore stays ignored, but for SIGTERM, by which it is always stopped.
UniqueFd TakeSignals() {
  signal(SIGPIPE, SIG_IGN);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  for (const int number : {SIGINT, SIGHUP}) {
    if (!IsIgnored(number)) sigaddset(&set, number);
  }
  sigprocmask(SIG_BLOCK, &set, nullptr);
  return UniqueFd(signalfd(-1, &set, SFD_CLOEXEC));
}

void TellReady(const DaemonOptions& options, const Daemon& daemon) {
  const std::string addresses = absl::StrJoin(daemon.addresses(), " ");
  spdlog::info("musterd {} listening on {}", kVersion, addresses);
  if (options.ready_fd < 0) return;
  const UniqueFd fd(options.ready_fd);
  const std::string line = addresses + "\n";
  if (write(fd.get(), line.data(), line.size()) < 0) {
    spdlog::warn("cannot write to --ready-fd {}", options.ready_fd);
  }
}

// Until a signal comes, or nobody has needed the daemon for as long as it may idle.
void WaitForEnd(const DaemonOptions& options, const Daemon& daemon, int signals) {
  pollfd fds[] = {{signals, POLLIN, 0}};
  for (;;) {
    absl::Duration wait = absl::InfiniteDuration();
    if (options.idle_timeout > absl::ZeroDuration()) {
      wait = options.idle_timeout - daemon.IdleFor();
      if (wait <= absl::ZeroDuration()) {
        spdlog::info("idle for {}: ending", absl::FormatDuration(options.idle_timeout));
        return;
      }
    }
    const int milliseconds =
        wait == absl::InfiniteDuration()
            ? -1
            : static_cast<int>(std::min<int64_t>(absl::ToInt64Milliseconds(wait) + 1, 3'600'000));
    if (poll(fds, 1, milliseconds) > 0) {
      signalfd_siginfo info = {};
      if (read(signals, &info, sizeof(info)) == sizeof(info)) {
        spdlog::info("{}: stopping", strsignal(static_cast<int>(info.ssi_signo)));
      }
      return;
    }
  }
}

int Serve(DaemonOptions options) {
  KeepMemoryPrivate(options);
  const UniqueFd signals = TakeSignals();
  // For as long as the process lives: else gRPC would end with the server, and wait up to ten
  // seconds for a thread that waits for nothing (1.51, Executor::ShutdownAll).
  grpc_init();
  absl::Status logging = EnsurePrivateFolder(options.state_dir);
  if (logging.ok()) logging = StartLog(options.state_dir + "/musterd.log", options.log_level);
  if (!logging.ok()) {
    std::fprintf(stderr, "musterd: %s\n", Visible(logging.message()).c_str());
    return 1;
  }
  if (const absl::Status armed = ArmCrashPoints(); !armed.ok()) {
    spdlog::error("cannot start: {}", std::string(armed.message()));
    return 1;
  }
  PlanSessions(&options);
  absl::StatusOr<std::unique_ptr<Daemon>> daemon = Daemon::Start(options);
  if (!daemon.ok()) {
    spdlog::error("cannot start: {}", std::string(daemon.status().message()));
    return 1;
  }
  TellReady(options, **daemon);
  WaitForEnd(options, **daemon, signals.get());
  // From now on a second signal ends it at once.
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  (*daemon)->Stop();
  spdlog::info("stopped");
  return 0;
}

}  // namespace
}  // namespace muster::service

int main(int argc, char** argv) {
  const muster::service::ParsedDaemonOptions parsed =
      muster::service::ParseDaemonOptions(argc, argv);
  if (parsed.run) return muster::service::Serve(parsed.options);
  std::fputs(parsed.text.c_str(), parsed.exit_code == 0 ? stdout : stderr);
  return parsed.exit_code;
}
