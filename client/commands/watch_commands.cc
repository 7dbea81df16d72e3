#include "client/commands/watch_commands.h"

#include <stdio.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "client/commands/run_commands.h"
#include "client/library/host_results.h"
#include "client/output/follow.h"
#include "client/output/terminal_text.h"
#include "client/text/outcome_text.h"
#include "client/text/state_names.h"
#include "proto/contract/visible_text.h"

namespace muster::client {
namespace {

using Results = std::vector<v1::HostResult>;

v1::WatchView ViewOf(const Options& options) {
  if (options.summary) return v1::WATCH_VIEW_SUMMARY;
  // Files and reports want the lines.
  const bool groups = options.fold && options.output_dir.empty() && options.junit.empty();
  return groups ? v1::WATCH_VIEW_FOLDED : v1::WATCH_VIEW_LINES;
}

absl::StatusOr<v1::WatchRunRequest> MakeWatchRequest(const Options& options,
                                                     const Results& results) {
  v1::WatchRunRequest request;
  request.set_run_id(options.run_id);
  request.set_after_sequence(options.after);
  request.set_view(ViewOf(options));
  const absl::StatusOr<std::vector<uint32_t>> hosts = IndexesOf(options.hosts, results);
  if (!hosts.ok()) return hosts.status();
  request.mutable_host_indexes()->Add(hosts->begin(), hosts->end());
  const absl::StatusOr<std::vector<v1::HostState>> states = ParseHostStates(options.states);
  if (!states.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("--states: ", states.status().message()));
  }
  if (!states->empty() && !options.fold && !options.json) {
    return absl::InvalidArgumentError(
        "--states: lines come before a host has ended; it goes with --fold and --json");
  }
  for (const v1::HostState state : *states) request.add_states(state);
  return request;
}

// Whether the events alone do not tell who the hosts are and how they end.
bool SeesPart(const v1::WatchRunRequest& request) {
  return request.after_sequence() > 0 || request.view() != v1::WATCH_VIEW_LINES ||
         request.host_indexes_size() > 0 || request.states_size() > 0;
}

absl::Status Stream(const v1::WatchRunRequest& request, Follower* follower, MusterClient* client,
                    const OutputWriter& output) {
  const auto on_message = [follower, &output](const v1::WatchRunResponse& message) {
    follower->OnMessage(message);
    if (!output.closed()) return true;
    follower->Abandon("");
    _exit(kBrokenPipe);
  };
  return client->WatchRun(request,
                          {on_message, [&](const absl::Status& lost) { follower->OnLost(lost); }});
}

}  // namespace

int WatchCommand(const Options& options, Interrupts* interrupts, MusterClient* client,
                 OutputWriter* output) {
  const absl::StatusOr<Results> results = AllResults(client, options.run_id);
  if (!results.ok()) return Complain(results.status());
  const absl::StatusOr<v1::WatchRunRequest> request = MakeWatchRequest(options, *results);
  if (!request.ok()) return Complain(request.status());
  const absl::StatusOr<std::unique_ptr<Follower>> created = Follower::Create(options, output);
  if (!created.ok()) return Complain(created.status());
  Follower* const follower = created->get();
  if (SeesPart(*request)) follower->BeginWith(*results);
  interrupts->Handle([&options, interrupts] {
    fprintf(stderr, "\nmuster: run %s goes on; muster cancel stops it\n", options.run_id.c_str());
    _exit(interrupts->exit_code());
  });
  const absl::Status status = Stream(*request, follower, client, *output);
  if (status.ok() && SeesPart(*request)) {
    const absl::StatusOr<Results> ends = AllResults(client, options.run_id);
    if (ends.ok()) follower->BeginWith(*ends);
  }
  interrupts->Stop();
  return follower->Finish(status, interrupts->exit_code());
}

}  // namespace muster::client
