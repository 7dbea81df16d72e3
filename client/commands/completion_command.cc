#include "client/commands/completion_command.h"

#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/library/muster_client.h"
#include "client/library/server_address.h"
#include "client/options/completion.h"
#include "client/text/outcome_text.h"
#include "client/text/state_names.h"
#include "proto/contract/action_text.h"
#include "proto/contract/visible_text.h"

namespace muster::client {
namespace {

constexpr uint32_t kMostRuns = 50;
constexpr size_t kMostOfCommand = 60;

// Whatever takes longer - a folder on a server that is away, a daemon that does not answer - is
// given up: who presses a key does not wait.
void LimitTime() {
  signal(SIGALRM, [](int) { _exit(0); });
  itimerval limit = {};
  limit.it_value.tv_usec = 150'000;
  setitimer(ITIMER_REAL, &limit, nullptr);
}

// At once, so that it is there when the time is over. What would break the line is no candidate.
void Print(const std::vector<Candidate>& candidates) {
  std::string text;
  for (const Candidate& each : candidates) {
    if (each.text.find_first_of("\t\n\r") != std::string::npos) continue;
    const std::string what = Visible(each.what);
    absl::StrAppend(&text, each.text, what.empty() ? "" : "\t", what, "\n");
  }
  size_t written = 0;
  while (written < text.size()) {
    const ssize_t size = write(STDOUT_FILENO, text.data() + written, text.size() - written);
    if (size <= 0) return;
    written += static_cast<size_t>(size);
  }
}

std::string Describe(const v1::Run& run) {
  std::string command = ActionText(run.spec());
  if (command.size() > kMostOfCommand) command = command.substr(0, kMostOfCommand) + "...";
  return absl::StrCat(StateName(run.state()), ": ", command);
}

std::vector<Candidate> Runs(MusterClient* client) {
  v1::ListRunsRequest request;
  request.set_page_size(kMostRuns);
  std::vector<Candidate> candidates;
  const absl::StatusOr<v1::ListRunsResponse> response = client->ListRuns(request);
  if (!response.ok()) return candidates;
  for (const v1::Run& run : response->runs()) candidates.push_back({run.id(), Describe(run)});
  return candidates;
}

std::vector<Candidate> Artifacts(MusterClient* client) {
  std::vector<Candidate> candidates;
  const absl::StatusOr<std::vector<v1::Artifact>> artifacts = client->ListArtifacts();
  if (!artifacts.ok()) return candidates;
  for (const v1::Artifact& each : *artifacts) candidates.push_back({each.name(), ""});
  return candidates;
}

// One that is there; none is started, nor waited for.
std::vector<Candidate> AskDaemon(const Completion& completion) {
  const absl::StatusOr<ServerAddress> server =
      ChooseServer(completion.options.server, completion.options.server_user);
  if (!server.ok()) return {};
  Reconnect reconnect;
  reconnect.patience = absl::ZeroDuration();
  const absl::StatusOr<std::unique_ptr<MusterClient>> client =
      MusterClient::Create(*server, completion.options.tls, reconnect);
  if (!client.ok()) return {};
  std::vector<Candidate> all =
      completion.ask == Completion::Ask::kRuns ? Runs(client->get()) : Artifacts(client->get());
  std::vector<Candidate> candidates;
  for (const Candidate& each : all) {
    if (!absl::StartsWith(each.text, completion.begun)) continue;
    candidates.push_back({completion.daemon_prefix + each.text, each.what});
  }
  return candidates;
}

}  // namespace

int CompletionCommand(const Options& options, OutputWriter* output) {
  output->To(1)->append(CompletionScript(options.shell));
  return kSuccess;
}

int CompleteCommand(const Options& options, OutputWriter* output) {
  LimitTime();
  const Completion completion = Complete(options.command);
  Print(completion.candidates);
  if (completion.ask != Completion::Ask::kNothing) Print(AskDaemon(completion));
  return kSuccess;
}

}  // namespace muster::client
