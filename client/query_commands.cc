#include "client/query_commands.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/host_results.h"
#include "client/json.h"
#include "client/list_request.h"
#include "client/outcome_text.h"
#include "client/run_request.h"
#include "client/run_tables.h"
#include "client/state_names.h"
#include "client/terminal_text.h"
#include "client/utf8_check.h"

namespace muster::client {
namespace {

int Runs(const Options& options, MusterClient* client) {
  const absl::StatusOr<v1::ListRunsRequest> request =
      MakeListRequest(options, absl::Now(), absl::LocalTimeZone());
  if (!request.ok()) return Complain(request.status());
  const absl::StatusOr<v1::ListRunsResponse> response = client->ListRuns(*request);
  if (!response.ok()) return Complain(response.status());
  if (!options.json) {
    Print(RunsTable({response->runs().begin(), response->runs().end()}, absl::Now(),
                    absl::LocalTimeZone()));
    return kSuccess;
  }
  for (const v1::Run& run : response->runs()) Print(ToJson(run) + "\n");
  return kSuccess;
}

void PrintEach(const std::vector<v1::HostResult>& results) {
  size_t width = 0;
  for (const v1::HostResult& result : results) width = std::max(width, result.host().name().size());
  for (const v1::HostResult& result : results) Print(HostLine(result, width));
}

int Show(const Options& options, MusterClient* client) {
  const absl::StatusOr<v1::Run> run = client->GetRun(options.run_id);
  if (!run.ok()) return Complain(run.status());
  const absl::StatusOr<std::vector<v1::HostResult>> results = AllResults(client, options.run_id);
  if (!results.ok()) return Complain(results.status());
  if (options.json) {
    Print(ToJson(*run) + "\n");
    for (const v1::HostResult& result : *results) Print(ToJson(result) + "\n");
    return kSuccess;
  }
  Print(RunHead(*run, absl::Now(), absl::LocalTimeZone()) + "\n");
  if (options.each_host) {
    PrintEach(*results);
  } else {
    Print(OutcomeGroups(*results));
  }
  return kSuccess;
}

int TellState(const absl::StatusOr<v1::Run>& run) {
  if (!run.ok()) return Complain(run.status());
  Print(absl::StrCat("run ", run->id(), " ", StateName(run->state()), "\n"));
  return kSuccess;
}

int Targets(const Options& options, const ServerAddress& server, MusterClient* client) {
  v1::ResolveTargetsRequest request;
  absl::StatusOr<v1::TargetSpec> targets = MakeTargetSpec(options, server);
  if (!targets.ok()) return Complain(targets.status());
  *request.mutable_targets() = *std::move(targets);
  request.set_user(options.user);
  request.set_port(options.port);
  const absl::Status text = CheckUtf8(request);
  if (!text.ok()) return Complain(text);
  const absl::StatusOr<v1::ResolveTargetsResponse> response = client->ResolveTargets(request);
  if (!response.ok()) return Complain(response.status());
  for (const v1::RunHost& host : response->hosts()) {
    Print((options.json ? ToJson(host) : host.name()) + "\n");
  }
  return kSuccess;
}

}  // namespace

int QueryCommand(const Options& options, const ServerAddress& server, MusterClient* client) {
  switch (options.subcommand) {
    case Subcommand::kRuns:
      return Runs(options, client);
    case Subcommand::kShow:
      return Show(options, client);
    case Subcommand::kPause:
      return TellState(client->PauseRun(options.run_id));
    case Subcommand::kResume:
      return TellState(client->ResumeRun(options.run_id));
    case Subcommand::kCancel:
      return TellState(client->CancelRun(options.run_id));
    case Subcommand::kTargets:
      return Targets(options, server, client);
    default:
      return kUsage;
  }
}

}  // namespace muster::client
