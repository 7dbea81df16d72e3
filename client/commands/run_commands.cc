#include "client/commands/run_commands.h"

#include <unistd.h>

#include <functional>
#include <memory>

#include "absl/strings/str_cat.h"
#include "client/commands/input_sender.h"
#include "client/commands/run_canceller.h"
#include "client/commands/standard_input.h"
#include "client/commands/window_watch.h"
#include "client/output/terminal_text.h"
#include "client/text/json.h"
#include "client/text/outcome_text.h"
#include "proto/contract/visible_text.h"

namespace muster::client {

namespace {

// Each attempt to start a run bears the same id, so that a connection that breaks leaves one run.
std::string RequestIdOf(const std::string& given) { return given.empty() ? NewRequestId() : given; }

// What goes on without us.
std::string LeavingText(const std::string& run_id, const std::string& hosts) {
  const std::string id = Visible(run_id);
  if (id.empty()) return "\nmuster: leaving; whether a run was started is not known: muster runs\n";
  return absl::StrCat("\nmuster: leaving; run ", id, " is being canceled",
                      hosts.empty() ? "" : ", and has not ended yet on ", hosts, "; muster watch ",
                      id, " shows its end\n");
}

using Call = std::function<absl::Status(const MusterClient::Stream&)>;

// Shows what `call` streams; Ctrl-C cancels the run.
int FollowRun(const Options& options, const Call& call, bool send_input, Interrupts* interrupts,
              MusterClient* client, OutputWriter* output, RunMemory* memory) {
  const absl::StatusOr<std::unique_ptr<Follower>> created =
      Follower::Create(options, output, memory);
  if (!created.ok()) return Complain(created.status());
  Follower* const follower = created->get();
  RunCanceller canceller(client);
  InputSender sender(client, [&canceller](const absl::Status& status) {
    Complain(absl::Status(status.code(), absl::StrCat(status.message(),
                                                      "; the commands would read a part of their "
                                                      "input: the run is being canceled")));
    canceller.Cancel();
  });
  WindowWatch window(client);
  interrupts->Handle([&canceller] { canceller.Cancel(); },
                     [&canceller, follower] {
                       const std::string text =
                           LeavingText(canceller.run_id(), follower->HostsUnderWay());
                       [[maybe_unused]] const ssize_t size = write(2, text.data(), text.size());
                     });
  const auto on_message = [&](const v1::WatchRunResponse& message) {
    follower->OnMessage(message);
    canceller.SetRunId(follower->run_id());
    if (send_input) sender.Begin(follower->run_id());
    if (options.tty) window.Begin(follower->run_id());
    if (!output->closed()) return true;
    canceller.Cancel();
    follower->Abandon("is canceled");
    _exit(kBrokenPipe);
  };
  const absl::Status status =
      call({on_message, [&](const absl::Status& lost) { follower->OnLost(lost); }});
  interrupts->Stop();
  return follower->Finish(status, interrupts->exit_code());
}

int TellStarted(const Options& options, const absl::StatusOr<v1::Run>& run, OutputWriter* output) {
  if (!run.ok()) return Complain(run.status());
  for (const std::string& warning : run->warnings()) {
    Complain(absl::UnknownError(absl::StrCat("warning: ", warning)));
  }
  const std::string id = Visible(run->id());
  absl::StrAppend(output->To(1), options.json ? ToJson(*run) : id, "\n");
  return EndOutput(output, kSuccess,
                   absl::StrCat("run ", id, " was started, and goes on: muster watch ", id));
}

}  // namespace

// Over a unix socket a call ends before its run only where one of the two processes has ended. If
// it was muster, its run is to end with it: cancel_after_disconnect. If it was the daemon, nobody
// was there to cancel, and the daemon that comes next is asked with WatchRun for the rest; that
// call does not cancel, so a muster that is killed after that leaves its run alone. Over a network
// a call may end because a cable was pulled: there the run goes on without its caller.
int RunCommand(const Options& options, const ServerAddress& server, const v1::RunSpec& spec,
               Interrupts* interrupts, MusterClient* client, OutputWriter* output,
               RunMemory* memory) {
  const std::string request_id = RequestIdOf(options.request_id);
  if (options.detach) {
    v1::CreateRunRequest request;
    *request.mutable_spec() = spec;
    request.set_request_id(request_id);
    return TellStarted(options, client->CreateRun(request), output);
  }
  v1::CreateAndWatchRunRequest request;
  *request.mutable_spec() = spec;
  request.set_request_id(request_id);
  // Zero: as soon as the call ends.
  if (server.is_unix()) request.mutable_spec()->mutable_cancel_after_disconnect();
  const bool send_input = !options.no_stdin && options.input_artifact.empty() && InputMayCome();
  if (send_input) request.mutable_spec()->set_input(v1::RUN_INPUT_STREAM);
  const auto call = [&](const MusterClient::Stream& stream) {
    return client->CreateAndWatchRun(request, stream);
  };
  return FollowRun(options, call, send_input, interrupts, client, output, memory);
}

int RerunCommand(const Options& options, const v1::RerunHostsRequest& request,
                 Interrupts* interrupts, MusterClient* client, OutputWriter* output) {
  v1::RerunHostsRequest rerun = request;
  rerun.set_request_id(RequestIdOf(request.request_id()));
  if (options.detach) return TellStarted(options, client->RerunHosts(rerun), output);
  const auto call = [&](const MusterClient::Stream& stream) {
    const absl::StatusOr<v1::Run> run = client->RerunHosts(rerun);
    if (!run.ok()) return run.status();
    v1::WatchRunRequest watch;
    watch.set_run_id(run->id());
    return client->WatchRun(watch, stream);
  };
  return FollowRun(options, call, /*send_input=*/false, interrupts, client, output,
                   /*memory=*/nullptr);
}

}  // namespace muster::client
