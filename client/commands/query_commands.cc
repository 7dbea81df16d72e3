#include "client/commands/query_commands.h"

#include <google/protobuf/struct.pb.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/commands/list_request.h"
#include "client/library/host_results.h"
#include "client/options/login_options.h"
#include "client/output/run_tables.h"
#include "client/output/terminal_text.h"
#include "client/text/columns.h"
#include "client/text/host_settings_text.h"
#include "client/text/json.h"
#include "client/text/outcome_text.h"
#include "client/text/state_names.h"
#include "proto/contract/visible_text.h"

namespace muster::client {
namespace {

constexpr size_t kPipeColumns = 80;

void Print(const std::string& line, OutputWriter* output) {
  absl::StrAppend(output->To(1), line, "\n");
}

int Runs(const Options& options, MusterClient* client, OutputWriter* output) {
  const absl::StatusOr<v1::ListRunsRequest> request =
      MakeListRequest(options, absl::Now(), absl::LocalTimeZone());
  if (!request.ok()) return Complain(request.status());
  const absl::StatusOr<v1::ListRunsResponse> response = client->ListRuns(*request);
  if (!response.ok()) return Complain(response.status());
  if (!options.json) {
    const size_t columns = output->terminal(1) ? TerminalColumns(1) : kPipeColumns;
    output->To(1)->append(RunsTable({response->runs().begin(), response->runs().end()}, columns,
                                    absl::Now(), absl::LocalTimeZone()));
    return kSuccess;
  }
  for (const v1::Run& run : response->runs()) Print(ToJson(run), output);
  return kSuccess;
}

void PrintEach(const std::vector<v1::HostResult>& results, OutputWriter* output) {
  size_t width = 0;
  for (const v1::HostResult& result : results) {
    width = std::max(width, Visible(result.host().name()).size());
  }
  for (const v1::HostResult& result : results) output->To(1)->append(HostLine(result, width));
}

int Show(const Options& options, MusterClient* client, OutputWriter* output) {
  const absl::StatusOr<v1::Run> run = client->GetRun(options.run_id);
  if (!run.ok()) return Complain(run.status());
  const absl::StatusOr<std::vector<v1::HostResult>> results = AllResults(client, options.run_id);
  if (!results.ok()) return Complain(results.status());
  if (options.json) {
    Print(ToJson(*run), output);
    for (const v1::HostResult& result : *results) Print(ToJson(result), output);
    return kSuccess;
  }
  Print(RunHead(*run, absl::Now(), absl::LocalTimeZone()), output);
  if (options.each_host) {
    PrintEach(*results, output);
  } else {
    output->To(1)->append(OutcomeGroups(*results, TerminalColumns(1)));
  }
  return kSuccess;
}

// The one line of a call that changed something, and what its exit code is to say.
int Tell(const std::string& text, OutputWriter* output) {
  Print(text, output);
  return EndOutput(output, kSuccess, text);
}

int TellState(const absl::StatusOr<v1::Run>& run, OutputWriter* output,
              absl::string_view words = " ") {
  if (!run.ok()) return Complain(run.status());
  return Tell(absl::StrCat("run ", Visible(run->id()), words, StateName(run->state())), output);
}

// A run that had ended before is not canceled by it.
int TellCancel(const absl::StatusOr<v1::Run>& run, OutputWriter* output) {
  const bool had_ended =
      run.ok() && run->state() >= v1::RUN_STATE_SUCCEEDED && run->state() != v1::RUN_STATE_CANCELED;
  return TellState(run, output, had_ended ? " had ended already: " : " ");
}

int Forget(const std::string& run_id, MusterClient* client, OutputWriter* output) {
  const absl::Status status = client->DeleteRun(run_id);
  if (!status.ok()) return Complain(status);
  return Tell(absl::StrCat("run ", Visible(run_id), " forgotten"), output);
}

// With --json, for a program, too: in a line of its own, after those of the hosts.
void PrintWarnings(const v1::ResolveTargetsResponse& response, bool json, OutputWriter* output) {
  google::protobuf::ListValue list;
  for (const std::string& warning : response.warnings()) {
    Complain(absl::UnknownError(absl::StrCat("warning: ", warning)));
    list.add_values()->set_string_value(warning);
  }
  if (json && list.values_size() > 0) {
    Print(absl::StrCat("{\"warnings\":", ToJson(list), "}"), output);
  }
}

// One object: the host's fields, and with --long how it is reached.
std::string JsonOf(const v1::ResolveTargetsResponse& response, int host) {
  std::string json = ToJson(response.hosts(host));
  if (host >= response.settings_size()) return json;
  json.pop_back();
  return absl::StrCat(json, ",", ToJson(response.settings(host)).substr(1));
}

void PrintHosts(const v1::ResolveTargetsResponse& response, const Options& options,
                OutputWriter* output) {
  if (options.long_list && !options.json) {
    output->To(1)->append(HostSettingsText(response));
    return;
  }
  for (int i = 0; i < response.hosts_size(); ++i) {
    Print(options.json ? JsonOf(response, i) : Visible(response.hosts(i).name()), output);
  }
}

int Targets(const Options& options, const ServerAddress& server, MusterClient* client,
            OutputWriter* output) {
  const absl::StatusOr<v1::ResolveTargetsRequest> request = MakeResolveRequest(options, server);
  if (!request.ok()) return Complain(request.status());
  const absl::StatusOr<v1::ResolveTargetsResponse> response = client->ResolveTargets(*request);
  if (!response.ok()) return Complain(response.status());
  PrintHosts(*response, options, output);
  PrintWarnings(*response, options.json, output);
  return kSuccess;
}

}  // namespace

int QueryCommand(const Options& options, const ServerAddress& server, MusterClient* client,
                 OutputWriter* output) {
  switch (options.subcommand) {
    case Subcommand::kRuns:
      return Runs(options, client, output);
    case Subcommand::kShow:
      return Show(options, client, output);
    case Subcommand::kPause:
      return TellState(client->PauseRun(options.run_id), output);
    case Subcommand::kResume:
      return TellState(client->ResumeRun(options.run_id), output);
    case Subcommand::kCancel:
      return TellCancel(client->CancelRun(options.run_id), output);
    case Subcommand::kForget:
      return Forget(options.run_id, client, output);
    case Subcommand::kTargets:
      return Targets(options, server, client, output);
    default:
      return kUsage;
  }
}

}  // namespace muster::client
