#include "client/commands/daemon_commands.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "client/library/autostart.h"
#include "client/library/daemon_process.h"
#include "client/library/muster_client.h"
#include "client/output/terminal_text.h"
#include "client/text/outcome_text.h"
#include "proto/contract/version.h"

namespace muster::client {
namespace {

constexpr absl::Duration kEndPatience = absl::Seconds(30);
constexpr uint32_t kMostRuns = 1000;  // of one answer
constexpr size_t kNamedRuns = 5;

using RunIds = std::vector<std::string>;

absl::StatusOr<RunIds> RunsUnderWay(const ServerAddress& server) {
  Reconnect once;
  once.patience = absl::ZeroDuration();
  const absl::StatusOr<std::unique_ptr<MusterClient>> client =
      MusterClient::Create(server, {}, std::move(once));
  if (!client.ok()) return client.status();
  v1::ListRunsRequest request;
  request.set_page_size(kMostRuns);
  for (const v1::RunState state :
       {v1::RUN_STATE_RUNNING, v1::RUN_STATE_PAUSED, v1::RUN_STATE_STOPPING}) {
    request.add_states(state);
  }
  const absl::StatusOr<v1::ListRunsResponse> response = (*client)->ListRuns(request);
  if (!response.ok()) return response.status();
  RunIds ids;
  for (const v1::Run& run : response->runs()) ids.push_back(run.id());
  return ids;
}

// "2 (1m8…, 1m9…)".
std::string Counted(const RunIds& ids) {
  const RunIds named(ids.begin(), ids.begin() + std::min(ids.size(), kNamedRuns));
  return absl::StrCat(ids.size(), ids.size() == kMostRuns ? " or more" : "",
                      ids.empty() ? "" : " (", absl::StrJoin(named, ", "),
                      ids.size() > named.size() ? ", ..." : "", ids.empty() ? "" : ")");
}

std::string Since(const DaemonProcess& daemon) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S %Z", daemon.since, absl::LocalTimeZone());
}

int TellNone(const std::string& folder) {
  return Complain(absl::UnavailableError(
      absl::StrCat("no musterd of yours is running in ", folder, "; the next run starts one")));
}

int Status(const ServerAddress& server, const std::string& folder, std::string* output) {
  const std::optional<DaemonProcess> daemon = FindDaemon(folder);
  if (!daemon.has_value()) return TellNone(folder);
  const absl::StatusOr<RunIds> runs = RunsUnderWay(server);
  absl::StrAppend(output, daemon->Name(), ", since ", Since(*daemon), "\n  state folder    ",
                  folder, "\n  socket          ", server.path(), "\n  log             ", folder,
                  "/musterd.log\n  runs under way  ", runs.ok() ? Counted(*runs) : "unknown", "\n");
  if (daemon->version != kVersion) {
    absl::StrAppend(output, "muster is ", kVersion, "; after an upgrade: muster daemon restart\n");
  }
  return runs.ok() ? kSuccess : Complain(runs.status());
}

// Whether it may be ended: who has runs under way asks for it.
absl::Status MayEnd(const Options& options, const ServerAddress& server) {
  if (options.force) return absl::OkStatus();
  const absl::StatusOr<RunIds> runs = RunsUnderWay(server);
  if (!runs.ok()) {
    return absl::UnavailableError(absl::StrCat("whether runs are under way is not known (",
                                               runs.status().message(),
                                               "); --force ends musterd all the same"));
  }
  if (runs->empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "runs under way: ", Counted(*runs),
      "; ending musterd ends their commands (TERM, then KILL) and starts no further hosts, but "
      "those "
      "of runs with --continue-after-restart when the next musterd starts. Wait for them or cancel "
      "them, or give --force"));
}

int Stop(const Options& options, const ServerAddress& server, const std::string& folder,
         std::string* output) {
  const std::optional<DaemonProcess> daemon = FindDaemon(folder);
  if (!daemon.has_value()) {
    absl::StrAppend(output, "no musterd of yours is running in ", folder, "\n");
    return kSuccess;
  }
  absl::Status status = MayEnd(options, server);
  if (status.ok()) status = EndDaemon(folder, *daemon, kEndPatience);
  if (!status.ok() && !absl::IsNotFound(status)) return Complain(status);
  absl::StrAppend(output, daemon->Name(), ", has ended\n");
  return kSuccess;
}

int Restart(const Options& options, const ServerAddress& server, const std::string& folder,
            std::string* output) {
  if (const int code = Stop(options, server, folder, output); code != kSuccess) return code;
  if (absl::Status status = EnsureDaemon(server); !status.ok()) return Complain(status);
  const std::optional<DaemonProcess> daemon = FindDaemon(folder);
  absl::StrAppend(output, daemon.has_value() ? daemon->Name() : "musterd", ", has started\n");
  return kSuccess;
}

}  // namespace

int DaemonCommand(const Options& options, const ServerAddress& server, OutputWriter* output) {
  if (!server.own) {
    return Complain(absl::InvalidArgumentError(absl::StrCat(
        "muster daemon is about your own musterd, and --server or $MUSTER_SERVER names ",
        server.target, "; leave that out, or end that one where it runs")));
  }
  const std::string folder = std::filesystem::path(server.path()).parent_path();
  std::string* const out = output->To(1);
  if (options.daemon_action == "status") return Status(server, folder, out);
  if (options.daemon_action == "stop") return Stop(options, server, folder, out);
  return Restart(options, server, folder, out);
}

}  // namespace muster::client
