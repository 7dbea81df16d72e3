#include "client/commands.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/autostart.h"
#include "client/follow.h"
#include "client/interrupts.h"
#include "client/json.h"
#include "client/muster_client.h"
#include "client/outcome_text.h"
#include "client/passphrase.h"
#include "client/run_canceller.h"
#include "client/run_request.h"
#include "client/run_tables.h"
#include "client/version.h"
#include "client/visible_text.h"

namespace muster::client {
namespace {

// What a shell says of a program that nobody reads any more.
constexpr int kBrokenPipe = 128 + SIGPIPE;

int Complain(const absl::Status& status) {
  std::string text;
  AppendVisibleLines(status.message(), &text);
  fprintf(stderr, "muster: %s\n", text.c_str());
  return ExitCodeOf(status, false);
}

void Print(const std::string& text) { fwrite(text.data(), 1, text.size(), stdout); }

int FollowRun(const Options& options, const v1::RunSpec& spec, bool cancel_on_disconnect,
              Interrupts* interrupts, MusterClient* client) {
  v1::RunCommandRequest request;
  *request.mutable_spec() = spec;
  request.set_request_id(options.request_id);
  request.set_cancel_on_disconnect(cancel_on_disconnect);
  RunCanceller canceller(client);
  Follower follower(options);
  interrupts->Handle([&canceller] { canceller.Cancel(); });
  const absl::Status status =
      client->RunCommand(request, [&](const v1::WatchRunResponse& message) {
        follower.OnMessage(message);
        canceller.SetRunId(follower.run_id());
        if (!follower.output_broken()) return;
        canceller.Cancel();
        _exit(kBrokenPipe);
      });
  interrupts->Stop();
  return follower.Finish(status, interrupts->interrupted());
}

int DetachRun(const Options& options, const v1::RunSpec& spec, MusterClient* client) {
  v1::CreateRunRequest request;
  *request.mutable_spec() = spec;
  request.set_request_id(options.request_id);
  const absl::StatusOr<v1::Run> run = client->CreateRun(request);
  if (!run.ok()) return Complain(run.status());
  for (const std::string& warning : run->warnings()) {
    Complain(absl::UnknownError(absl::StrCat("warning: ", warning)));
  }
  Print(options.json ? ToJson(*run) + "\n" : run->id() + "\n");
  return kSuccess;
}

// All pages.
absl::StatusOr<std::vector<v1::HostResult>> AllResults(MusterClient* client,
                                                       const std::string& run_id) {
  std::vector<v1::HostResult> results;
  v1::ListHostResultsRequest request;
  request.set_run_id(run_id);
  request.set_page_size(10'000);
  do {
    absl::StatusOr<v1::ListHostResultsResponse> page = client->ListHostResults(request);
    if (!page.ok()) return page.status();
    std::move(page->mutable_results()->begin(), page->mutable_results()->end(),
              std::back_inserter(results));
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return results;
}

int Watch(const Options& options, Interrupts* interrupts, MusterClient* client) {
  Follower follower(options);
  if (options.after > 0) {
    const absl::StatusOr<std::vector<v1::HostResult>> results = AllResults(client, options.run_id);
    if (!results.ok()) return Complain(results.status());
    follower.BeginWith(*results);
  }
  interrupts->Handle([&options] {
    fprintf(stderr, "\nmuster: run %s goes on; muster cancel stops it\n", options.run_id.c_str());
    _exit(kInterrupted);
  });
  const absl::Status status = client->WatchRun(
      options.run_id, options.after, [&follower](const v1::WatchRunResponse& message) {
        follower.OnMessage(message);
        if (follower.output_broken()) _exit(kBrokenPipe);
      });
  interrupts->Stop();
  return follower.Finish(status, interrupts->interrupted());
}

int Runs(const Options& options, MusterClient* client) {
  v1::ListRunsRequest request;
  request.set_page_size(options.limit);
  const absl::StatusOr<v1::ListRunsResponse> response = client->ListRuns(request);
  if (!response.ok()) return Complain(response.status());
  if (!options.json) {
    Print(RunsTable({response->runs().begin(), response->runs().end()}, absl::Now(),
                    absl::LocalTimeZone()));
    return kSuccess;
  }
  for (const v1::Run& run : response->runs()) Print(ToJson(run) + "\n");
  return kSuccess;
}

int Show(const Options& options, MusterClient* client) {
  const absl::StatusOr<v1::Run> run = client->GetRun(options.run_id);
  if (!run.ok()) return Complain(run.status());
  const absl::StatusOr<std::vector<v1::HostResult>> results = AllResults(client, options.run_id);
  if (!results.ok()) return Complain(results.status());
  Print(options.json ? ToJson(*run) + "\n"
                     : RunHead(*run, absl::Now(), absl::LocalTimeZone()) + "\n");
  size_t width = 0;
  for (const v1::HostResult& result : *results) width = std::max(width, result.host().name().size());
  for (const v1::HostResult& result : *results) {
    Print(options.json ? ToJson(result) + "\n" : HostLine(result, width));
  }
  return kSuccess;
}

int Cancel(const Options& options, MusterClient* client) {
  const absl::StatusOr<v1::Run> run = client->CancelRun(options.run_id);
  if (!run.ok()) return Complain(run.status());
  Print(absl::StrCat("run ", run->id(), " ", RunStateText(run->state()), "\n"));
  return kSuccess;
}

int Targets(const Options& options, const ServerAddress& server, MusterClient* client) {
  v1::ResolveTargetsRequest request;
  absl::StatusOr<v1::TargetSpec> targets = MakeTargetSpec(options, server);
  if (!targets.ok()) return Complain(targets.status());
  *request.mutable_targets() = *std::move(targets);
  request.set_user(options.user);
  request.set_port(options.port);
  const absl::StatusOr<v1::ResolveTargetsResponse> response = client->ResolveTargets(request);
  if (!response.ok()) return Complain(response.status());
  for (const v1::RunHost& host : response->hosts()) {
    Print((options.json ? ToJson(host) : host.name()) + "\n");
  }
  return kSuccess;
}

int Query(const Options& options, const ServerAddress& server, MusterClient* client) {
  switch (options.subcommand) {
    case Subcommand::kRuns:
      return Runs(options, client);
    case Subcommand::kShow:
      return Show(options, client);
    case Subcommand::kCancel:
      return Cancel(options, client);
    case Subcommand::kTargets:
      return Targets(options, server, client);
    default:
      return kUsage;
  }
}

// Signals are taken before the client makes its threads, and after the terminal was asked.
int FollowOrQuery(const Options& options, const ServerAddress& server, const v1::RunSpec& spec) {
  const bool run = options.subcommand == Subcommand::kRun;
  const bool watch = options.subcommand == Subcommand::kWatch;
  std::unique_ptr<Interrupts> interrupts;
  if (watch || (run && !options.detach)) interrupts = std::make_unique<Interrupts>();
  const absl::StatusOr<std::unique_ptr<MusterClient>> client =
      MusterClient::Create(server, options.tls);
  if (!client.ok()) return Complain(client.status());
  if (watch) return Watch(options, interrupts.get(), client->get());
  if (!run) return Query(options, server, client->get());
  if (options.detach) return DetachRun(options, spec, client->get());
  return FollowRun(options, spec, server.is_unix(), interrupts.get(), client->get());
}

absl::StatusOr<v1::RunSpec> AskForRunSpec(const Options& options, const ServerAddress& server) {
  if (!options.ask_passphrase) return MakeRunSpec(options, server, "");
  const absl::StatusOr<std::string> passphrase = AskPassphrase();
  if (!passphrase.ok()) return passphrase.status();
  return MakeRunSpec(options, server, *passphrase);
}

}  // namespace

int RunSubcommand(const Options& options) {
  if (options.subcommand == Subcommand::kVersion) {
    Print(absl::StrCat("muster ", kVersion, "\n"));
    return kSuccess;
  }
  const absl::StatusOr<ServerAddress> server = ChooseServer(options.server);
  if (!server.ok()) return Complain(server.status());
  absl::StatusOr<v1::RunSpec> spec = v1::RunSpec();
  if (options.subcommand == Subcommand::kRun) spec = AskForRunSpec(options, *server);
  if (absl::IsCancelled(spec.status())) return kInterrupted;
  if (!spec.ok()) return Complain(spec.status());
  const absl::Status started = server->own ? EnsureDaemon(*server) : absl::OkStatus();
  if (!started.ok()) return Complain(started);
  return FollowOrQuery(options, *server, *spec);
}

}  // namespace muster::client
