#include "client/commands/command_line.h"

#include <errno.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "client/commands/answers.h"
#include "client/commands/artifact_commands.h"
#include "client/commands/become_password.h"
#include "client/commands/completion_command.h"
#include "client/commands/daemon_commands.h"
#include "client/commands/dshbak_command.h"
#include "client/commands/interrupts.h"
#include "client/commands/logs_command.h"
#include "client/commands/password.h"
#include "client/commands/query_commands.h"
#include "client/commands/run_commands.h"
#include "client/commands/run_ids.h"
#include "client/commands/runs_watch.h"
#include "client/commands/secret_prompt.h"
#include "client/commands/shell_command.h"
#include "client/commands/standard_input.h"
#include "client/commands/watch_commands.h"
#include "client/library/autostart.h"
#include "client/library/muster_client.h"
#include "client/options/caller_file.h"
#include "client/options/login_options.h"
#include "client/options/secret_names.h"
#include "client/options/utf8_check.h"
#include "client/output/junit_report.h"
#include "client/output/terminal_text.h"
#include "client/text/outcome_text.h"
#include "proto/contract/version.h"

namespace muster::client {
namespace {

// What run, shell (for each line) and rerun send.
struct Requests {
  v1::RunSpec spec;
  v1::RerunHostsRequest rerun;
};

bool Starts(const Options& options) {
  return options.subcommand == Subcommand::kRun || options.subcommand == Subcommand::kShell ||
         options.subcommand == Subcommand::kRerun;
}

bool Follows(const Options& options) {
  if (options.subcommand == Subcommand::kPutArtifact) return true;
  if (options.subcommand == Subcommand::kRuns) return options.watch_runs;
  return (Starts(options) && !options.detach) || options.subcommand == Subcommand::kWatch;
}

absl::StatusOr<std::string> FindPassphrase(const Options& options, const ServerAddress& server) {
  if (!options.ask_passphrase) return std::string();
  if (!MayHaveSecrets(server)) {
    return absl::InvalidArgumentError(
        "--ask-passphrase: a passphrase is sent to your own musterd or root's, not to that of "
        "--server-user");
  }
  return AskSecret("Passphrase", "--ask-passphrase", "add the key to an ssh-agent (ssh-add)");
}

absl::StatusOr<Requests> MakeRequests(const Options& options, const ServerAddress& server,
                                      const std::string& password_from_environment) {
  Requests requests;
  if (!Starts(options)) return requests;
  const absl::StatusOr<std::string> passphrase = FindPassphrase(options, server);
  if (!passphrase.ok()) return passphrase.status();
  const absl::StatusOr<std::string> password =
      FindPassword(options, server, password_from_environment);
  if (!password.ok()) return password.status();
  LoginSecrets secrets;
  secrets.passphrase = *passphrase;
  secrets.password = *password;
  absl::StatusOr<std::string> become = FindBecomePassword(options, server);
  if (!become.ok()) return become.status();
  secrets.become_password = *std::move(become);
  absl::StatusOr<LoginAnswers> answers = FindAnswers(options, server);
  if (!answers.ok()) return answers.status();
  secrets.answers = *std::move(answers);
  if (options.subcommand != Subcommand::kRerun) {
    absl::StatusOr<v1::RunSpec> spec = MakeRunSpec(options, server, secrets);
    if (!spec.ok()) return spec.status();
    requests.spec = *std::move(spec);
  } else {
    absl::StatusOr<v1::RerunHostsRequest> rerun = MakeRerunRequest(options, server, secrets);
    if (!rerun.ok()) return rerun.status();
    requests.rerun = *std::move(rerun);
  }
  return requests;
}

// The caller's own daemon is started again where it has gone.
Reconnect ReconnectOf(const Options& options, const ServerAddress& server) {
  Reconnect reconnect;
  reconnect.patience = options.reconnect;
  if (server.own) {
    reconnect.before_retry = [server] {
      EnsureDaemon(server).IgnoreError();
    };  // the retry will tell
  }
  return reconnect;
}

// `options.run_id` is the whole id.
int CallFor(const Options& options, const ServerAddress& server, const Requests& requests,
            Interrupts* interrupts, MusterClient* client, OutputWriter* output) {
  v1::RerunHostsRequest rerun = requests.rerun;
  switch (options.subcommand) {
    case Subcommand::kRun:
      return RunCommand(options, server, requests.spec, interrupts, client, output);
    case Subcommand::kShell:
      return ShellCommand(options, server, requests.spec, interrupts, client, output);
    case Subcommand::kRerun:
      rerun.set_run_id(options.run_id);
      return RerunCommand(options, rerun, interrupts, client, output);
    case Subcommand::kWatch:
      return WatchCommand(options, interrupts, client, output);
    case Subcommand::kLogs:
      return LogsCommand(options, client, output);
    case Subcommand::kPutArtifact:
      return PutArtifactCommand(options, interrupts, client, output);
    case Subcommand::kListArtifacts:
      return ListArtifactsCommand(options, client, output);
    case Subcommand::kRemoveArtifacts:
      return RemoveArtifactsCommand(options, client, output);
    case Subcommand::kRuns:
      if (options.watch_runs) return WatchRunsCommand(options, interrupts, client, output);
      return QueryCommand(options, server, client, output);
    default:
      return QueryCommand(options, server, client, output);
  }
}

// Signals are taken before the client makes its threads, and after the terminal was asked.
int Call(const Options& options, const ServerAddress& server, const Requests& requests,
         OutputWriter* output) {
  std::unique_ptr<Interrupts> interrupts;
  if (Follows(options)) interrupts = std::make_unique<Interrupts>();
  const absl::StatusOr<std::unique_ptr<MusterClient>> client =
      MusterClient::Create(server, options.tls, ReconnectOf(options, server));
  if (!client.ok()) return Complain(client.status());
  Options resolved = options;
  if (!options.run_id.empty()) {
    absl::StatusOr<std::string> id = ResolveRunId(options.run_id, server.is_unix(), client->get());
    if (!id.ok()) return Complain(id.status());
    resolved.run_id = *std::move(id);
  }
  return CallFor(resolved, server, requests, interrupts.get(), client->get(), output);
}

// In requests, so that they are named as there.
absl::Status CheckIds(const Options& options) {
  v1::RerunHostsRequest ids;
  ids.set_run_id(options.run_id);
  ids.set_request_id(options.request_id);
  return CheckUtf8(ids);
}

// A command that expects input would read none, or what is a loop's, and might succeed.
absl::Status CheckInput(const Options& options) {
  if (!Starts(options) || options.no_stdin || !InputWaits()) return absl::OkStatus();
  const char* const why = !options.input_artifact.empty()
                              ? "it reads that of --input-artifact, so leave one of the two out"
                          : options.detach ? "with -d nobody stays to send it"
                          : options.subcommand == Subcommand::kRerun ? "a rerun sends none"
                          : InputIsBegun() ? "a part of it was read already, as by a loop"
                                           : nullptr;
  if (why == nullptr) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "there is input, and it would not reach the command: ", why,
      ". Where it is not meant for it, as in a loop (while read h; do muster run -n -t $h ...; "
      "done < list), give -n, as to ssh, or put </dev/null behind; a script can be the command "
      "itself: -- \"$(cat FILE)\""));
}

void WarnOfSecrets(const Options& options) {
  for (const std::string& pair : options.environment) {
    const std::string name = pair.substr(0, pair.find('='));
    if (!NamesSecret(name) || name.size() + 1 >= pair.size()) continue;
    Complain(absl::UnknownError(absl::StrCat(
        "warning: -e ", name, ": the value stays in the run's record (muster show --json), and ",
        "others on the hosts can see it in the list of processes; let the command read a secret ",
        "from a file there")));
  }
}

// A name that is mistyped would look like hosts whose keys nobody knows.
void NoteOfKnownHosts(const Options& options, const ServerAddress& server) {
  if (!Starts(options) || options.known_hosts.empty() || options.known_hosts == "-") return;
  if (!server.is_unix() || !options.credential.empty()) return;
  const std::string path = AbsolutePath(options.known_hosts);
  if (access(path.c_str(), F_OK) == 0 || errno != ENOENT) return;
  Complain(absl::UnknownError(absl::StrCat(
      "note: --known-hosts: ", path, " does not exist, and is taken as empty",
      options.host_key_policy == "accept-new" ? "; it is made for the keys that are accepted"
                                              : "")));
}

// It belongs to no login that the caller has named.
void NoteOfUnusedPassword(const Options& options, const std::string& from_environment) {
  if (options.subcommand != Subcommand::kRerun || from_environment.empty()) return;
  if (GivesLogin(options)) return;
  Complain(absl::UnknownError(
      "note: $MUSTER_PASSWORD is not used: without options about logging in a rerun takes the "
      "run's own login; give these again (-u, -i, --known-hosts ...) or --password-file"));
}

// A pipeline reads the report, whatever happened.
int CannotStart(const Options& options, const absl::Status& status) {
  if (!options.junit.empty()) JunitReport(options.junit).WriteError(status);
  return Complain(status);
}

}  // namespace

int RunSubcommand(const Options& options, OutputWriter* output) {
  const std::string password = TakePasswordFromEnvironment();  // whatever is done: none inherits it
  if (options.subcommand == Subcommand::kVersion) {
    absl::StrAppend(output->To(1), "muster ", kVersion, "\n");
    return kSuccess;
  }
  if (options.subcommand == Subcommand::kCompletion) return CompletionCommand(options, output);
  if (options.subcommand == Subcommand::kComplete) return CompleteCommand(options, output);
  if (options.subcommand == Subcommand::kDshbak) return DshbakCommand(options, output);
  const absl::StatusOr<ServerAddress> server = ChooseServer(options.server, options.server_user);
  if (!server.ok()) return CannotStart(options, server.status());
  if (options.subcommand == Subcommand::kDaemon) return DaemonCommand(options, *server, output);
  const absl::Status ids = CheckIds(options);
  if (!ids.ok()) return CannotStart(options, ids);
  const absl::StatusOr<Requests> requests = MakeRequests(options, *server, password);
  if (absl::IsCancelled(requests.status())) return kInterrupted;
  if (!requests.ok()) return CannotStart(options, requests.status());
  WarnOfSecrets(options);
  NoteOfKnownHosts(options, *server);
  NoteOfUnusedPassword(options, password);
  const absl::Status started = server->own ? EnsureDaemon(*server) : absl::OkStatus();
  if (!started.ok()) return CannotStart(options, started);
  const absl::Status input = CheckInput(options);  // as late as can be: a pipe fills when it does
  if (!input.ok()) return CannotStart(options, input);
  return Call(options, *server, *requests, output);
}

}  // namespace muster::client
