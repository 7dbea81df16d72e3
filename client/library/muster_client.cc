#include "client/library/muster_client.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/create_channel_posix.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "client/library/backoff.h"
#include "client/library/unix_connection.h"
#include "client/library/unreachable.h"
#include "proto/contract/version.h"

namespace muster::client {
namespace {

// gRPC's own pause between connects, which else grows to two minutes.
constexpr int kConnectPauseMilliseconds = 500;

absl::Status FromGrpc(const grpc::Status& status) {
  // gRPC's server says no more of a call that it does not have.
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED && status.error_message().empty()) {
    return absl::UnimplementedError(
        "this musterd is older than muster and does not know that call; your own is made the same "
        "by muster daemon restart");
  }
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

grpc::ChannelArguments Arguments() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kConnectPauseMilliseconds / 5);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kConnectPauseMilliseconds);
  // A certificate and a command are for the daemon that was named, by the way that was named.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return arguments;
}

// Both responses are the same on the wire.
v1::WatchRunResponse AsWatch(v1::CreateAndWatchRunResponse* response) {
  v1::WatchRunResponse watch;
  watch.mutable_events()->Swap(response->mutable_events());
  if (response->has_run()) watch.mutable_run()->Swap(response->mutable_run());
  return watch;
}

// The connection broke, or the daemon is going; neither says anything of the run.
bool IsBroken(const absl::Status& status) {
  return absl::IsUnavailable(status) ||
         (absl::IsUnknown(status) && status.message() == "Stream removed");
}

}  // namespace

// How far following a run has come.
struct MusterClient::Following {
  v1::WatchRunRequest request;  // to go on; no run_id: the run has not begun
  uint64_t messages = 0;
  uint64_t end = 0;  // the last event's sequence, once it is known
  bool enough = false;
  bool gap = false;

  bool whole_log() const {
    return request.view() <= v1::WATCH_VIEW_LINES && request.host_indexes().empty() &&
           request.states().empty();
  }
  // Who watches a run that has ended learns so in the first message: its log is still to come.
  bool ended(const absl::Status& status) const {
    return end > 0 && (status.ok() || (whole_log() && request.after_sequence() >= end));
  }
  // Takes note of a message, and out of it what was seen before.
  void Note(v1::WatchRunResponse* message);
};

void MusterClient::Following::Note(v1::WatchRunResponse* message) {
  ++messages;
  if (message->has_run()) {
    request.set_run_id(message->run().id());
    const bool terminal = message->run().state() >= v1::RUN_STATE_SUCCEEDED;
    end = terminal ? message->run().last_sequence() : 0;
  }
  auto* events = message->mutable_events();
  int known = 0;
  while (known < events->size() && (*events)[known].sequence() <= request.after_sequence()) ++known;
  events->DeleteSubrange(0, known);
  for (const v1::Event& event : *events) {
    gap = gap || (whole_log() && event.sequence() != request.after_sequence() + 1);
    request.set_after_sequence(event.sequence());
  }
  if (request.view() > v1::WATCH_VIEW_LINES) return;
  request.set_after_sequence(std::max(request.after_sequence(), message->last_sequence()));
}

struct MusterClient::Link {
  explicit Link(std::shared_ptr<grpc::Channel> made)
      : channel(std::move(made)),
        runs(v1::RunService::NewStub(channel)),
        targets(v1::TargetService::NewStub(channel)),
        artifacts(v1::ArtifactService::NewStub(channel)) {}

  const std::shared_ptr<grpc::Channel> channel;
  const std::unique_ptr<v1::RunService::Stub> runs;
  const std::unique_ptr<v1::TargetService::Stub> targets;
  const std::unique_ptr<v1::ArtifactService::Stub> artifacts;
};

absl::StatusOr<std::unique_ptr<MusterClient>> MusterClient::Create(const ServerAddress& address,
                                                                   const TlsFiles& tls,
                                                                   Reconnect reconnect) {
  absl::StatusOr<TlsContents> contents = TlsContents();
  if (!address.is_unix()) contents = ReadTlsFiles(tls, absl::Now());
  if (!contents.ok()) return contents.status();
  return std::unique_ptr<MusterClient>(
      new MusterClient(address, *std::move(contents), std::move(reconnect)));
}

// Of the caller's own daemon it is known that it was there.
MusterClient::MusterClient(ServerAddress address, TlsContents tls, Reconnect reconnect)
    : address_(std::move(address)),
      tls_(std::move(tls)),
      reconnect_(std::move(reconnect)),
      reached_(address_.own) {}

// gRPC would connect to a path by itself, whoever is there: it is given a connection instead.
absl::StatusOr<std::shared_ptr<grpc::Channel>> MusterClient::Dial() {
  if (!address_.is_unix()) {
    grpc::SslCredentialsOptions options;
    options.pem_cert_chain = tls_.certificate;
    options.pem_private_key = tls_.key;
    options.pem_root_certs = tls_.ca;
    return grpc::CreateCustomChannel(address_.target, grpc::SslCredentials(options), Arguments());
  }
  absl::StatusOr<UnixConnection> connection =
      UnixConnection::Open(address_.path(), address_.trusted_user);
  absl::Status status = connection.status();
  if (status.ok()) status = connection->AwaitGreeting(address_.path());
  if (!status.ok()) return absl::UnavailableError(status.message());
  reached_ = true;
  return grpc::CreateCustomInsecureChannelFromFd("musterd", connection->Release(), Arguments());
}

absl::StatusOr<std::shared_ptr<MusterClient::Link>> MusterClient::Connected() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (link_ == nullptr) {
    absl::StatusOr<std::shared_ptr<grpc::Channel>> channel = Dial();
    if (!channel.ok()) return channel.status();
    link_ = std::make_shared<Link>(*std::move(channel));
  }
  return link_;
}

void MusterClient::Drop(const std::shared_ptr<Link>& link) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (address_.is_unix() && link_ == link) link_ = nullptr;
}

absl::Status MusterClient::Once(const Call& call) {
  const absl::StatusOr<std::shared_ptr<Link>> link = Connected();
  if (!link.ok()) return link.status();
  grpc::ClientContext context;
  const absl::Status status = FromGrpc(call(link->get(), &context));
  if (IsBroken(status)) Drop(*link);
  // A connect that failed leaves a channel in TRANSIENT_FAILURE, a connection that broke in IDLE.
  if (!reached_ && (!absl::IsUnavailable(status) ||
                    (*link)->channel->GetState(false) != GRPC_CHANNEL_TRANSIENT_FAILURE)) {
    reached_ = true;
  }
  return status;
}

absl::Status MusterClient::Explain(const absl::Status& status) {
  if (absl::IsUnimplemented(status) && status.message().empty()) {
    return absl::UnimplementedError(absl::StrCat(
        "this musterd is older than this muster (", kVersion,
        "), and does not know the call: update it; \"muster daemon restart\" does, where "
        "it is your own"));
  }
  if (!IsBroken(status) || address_.is_unix()) return status;
  const absl::StatusOr<std::shared_ptr<Link>> link = Connected();
  if (!link.ok() || (*link)->channel->GetState(false) != GRPC_CHANNEL_TRANSIENT_FAILURE) {
    return status;
  }
  return WhyUnreachable(address_.target, tls_, status.message());
}

void MusterClient::Pause(absl::Duration duration) {
  absl::SleepFor(duration);
  if (reconnect_.before_retry) reconnect_.before_retry();
}

absl::Status MusterClient::Follow(const std::function<absl::Status()>& once, const Stream& stream,
                                  Following* following) {
  Backoff backoff;
  absl::Time last_heard = absl::Now();
  for (;;) {
    const uint64_t before = following->messages;
    const absl::Status status = once();
    if (following->gap) return absl::DataLossError("musterd left out events of the run");
    if (following->ended(status) || following->enough) return absl::OkStatus();
    if (status.ok()) return absl::DataLossError("musterd ended the stream before the run's end");
    if (following->messages > before) {
      backoff.Reset();
      last_heard = absl::Now();
    }
    const bool give_up = absl::Now() - last_heard >= reconnect_.patience;
    if (!reached_ || !IsBroken(status) || give_up) return Explain(status);
    if (stream.on_lost) stream.on_lost(status);
    Pause(backoff.Next());
  }
}

absl::Status MusterClient::CreateAndWatchRun(const v1::CreateAndWatchRunRequest& request,
                                             const Stream& stream) {
  Following following;
  const auto once = [&] {
    if (!following.request.run_id().empty()) return WatchOnce(stream, &following);
    const absl::Status status = CommandOnce(request, stream, &following);
    const bool repeatable = !request.request_id().empty() || !following.request.run_id().empty();
    if (repeatable || !IsBroken(status)) return status;
    return absl::AbortedError(
        absl::StrCat(status.message(), "; whether the run began is not known"));
  };
  return Follow(once, stream, &following);
}

absl::Status MusterClient::CommandOnce(const v1::CreateAndWatchRunRequest& request,
                                       const Stream& stream, Following* following) {
  return Once([&](Link* link, grpc::ClientContext* context) {
    const auto reader = link->runs->CreateAndWatchRun(context, request);
    v1::CreateAndWatchRunResponse response;
    while (!following->enough && reader->Read(&response)) {
      v1::WatchRunResponse message = AsWatch(&response);
      following->Note(&message);
      following->enough = following->gap || !stream.on_message(message);
    }
    if (following->enough) context->TryCancel();
    return reader->Finish();
  });
}

absl::Status MusterClient::WatchRun(const v1::WatchRunRequest& request, const Stream& stream) {
  Following following;
  following.request = request;
  return Follow([&] { return WatchOnce(stream, &following); }, stream, &following);
}

absl::Status MusterClient::WatchOnce(const Stream& stream, Following* following) {
  return Once([&](Link* link, grpc::ClientContext* context) {
    const auto reader = link->runs->WatchRun(context, following->request);
    v1::WatchRunResponse message;
    while (!following->enough && reader->Read(&message)) {
      following->Note(&message);
      following->enough = following->gap || !stream.on_message(message);
    }
    if (following->enough) context->TryCancel();
    return reader->Finish();
  });
}

absl::Status MusterClient::WatchRuns(const v1::WatchRunsRequest& request,
                                     const RunsStream& stream) {
  Backoff backoff;
  absl::Time last_heard = absl::Now();
  bool enough = false;
  const auto once = [&](Link* link, grpc::ClientContext* context) {
    const auto reader = link->runs->WatchRuns(context, request);
    v1::WatchRunsResponse message;
    while (!enough && reader->Read(&message)) {
      backoff.Reset();
      enough = !stream.on_message(message);
      last_heard = absl::Now();
    }
    if (enough) context->TryCancel();
    return reader->Finish();
  };
  for (;;) {
    const absl::Status status = Once(once);
    if (enough) return absl::OkStatus();
    if (status.ok()) return absl::DataLossError("musterd ended a stream that has no end");
    const bool give_up = absl::Now() - last_heard >= reconnect_.patience;
    if (!reached_ || !IsBroken(status) || give_up) return Explain(status);
    stream.on_lost(status);
    Pause(backoff.Next());
  }
}

absl::Status MusterClient::Persist(const Call& call) {
  Backoff backoff;
  const absl::Time give_up = absl::Now() + reconnect_.patience;
  for (;;) {
    const absl::Status status = Once(call);
    if (!reached_ || !IsBroken(status) || absl::Now() >= give_up) return Explain(status);
    Pause(backoff.Next());
  }
}

// Of the calls that answer with a run.
template <typename Request, typename Response>
absl::StatusOr<v1::Run> MusterClient::RunCall(
    grpc::Status (v1::RunService::Stub::*call)(grpc::ClientContext*, const Request&, Response*),
    const Request& request, bool repeatable) {
  Response response;
  const auto once = [&](Link* link, grpc::ClientContext* context) {
    return ((*link->runs).*call)(context, request, &response);
  };
  const absl::Status status = repeatable ? Persist(once) : Explain(Once(once));
  if (!status.ok()) return status;
  return std::move(*response.mutable_run());
}

absl::StatusOr<v1::Run> MusterClient::CreateRun(const v1::CreateRunRequest& request) {
  return RunCall(&v1::RunService::Stub::CreateRun, request, !request.request_id().empty());
}

absl::StatusOr<v1::Run> MusterClient::RerunHosts(const v1::RerunHostsRequest& request) {
  return RunCall(&v1::RunService::Stub::RerunHosts, request, !request.request_id().empty());
}

absl::StatusOr<v1::Run> MusterClient::GetRun(const std::string& run_id) {
  v1::GetRunRequest request;
  request.set_run_id(run_id);
  return RunCall(&v1::RunService::Stub::GetRun, request, true);
}

absl::StatusOr<v1::Run> MusterClient::CancelRun(const std::string& run_id) {
  v1::CancelRunRequest request;
  request.set_run_id(run_id);
  return RunCall(&v1::RunService::Stub::CancelRun, request, true);
}

absl::StatusOr<v1::Run> MusterClient::PauseRun(const std::string& run_id) {
  v1::PauseRunRequest request;
  request.set_run_id(run_id);
  return RunCall(&v1::RunService::Stub::PauseRun, request, true);
}

absl::StatusOr<v1::Run> MusterClient::ResumeRun(const std::string& run_id) {
  v1::ResumeRunRequest request;
  request.set_run_id(run_id);
  return RunCall(&v1::RunService::Stub::ResumeRun, request, false);  // each confirms a batch
}

absl::StatusOr<v1::SendInputResponse> MusterClient::SendInput(const v1::SendInputRequest& request) {
  v1::SendInputResponse response;
  const absl::Status status = Persist([&](Link* link, grpc::ClientContext* context) {
    return link->runs->SendInput(context, request, &response);
  });
  if (!status.ok()) return status;
  return response;
}

absl::Status MusterClient::ResizeTerminal(const std::string& run_id, uint32_t columns,
                                          uint32_t rows) {
  v1::ResizeTerminalRequest request;
  request.set_run_id(run_id);
  request.set_columns(columns);
  request.set_rows(rows);
  v1::ResizeTerminalResponse response;
  return Explain(Once([&](Link* link, grpc::ClientContext* context) {
    return link->runs->ResizeTerminal(context, request, &response);
  }));
}

absl::Status MusterClient::DeleteRun(const std::string& run_id) {
  v1::DeleteRunRequest request;
  request.set_run_id(run_id);
  v1::DeleteRunResponse response;
  return Explain(Once([&](Link* link, grpc::ClientContext* context) {
    return link->runs->DeleteRun(context, request, &response);
  }));
}

absl::StatusOr<v1::ListRunsResponse> MusterClient::ListRuns(const v1::ListRunsRequest& request) {
  v1::ListRunsRequest part = request;
  v1::ListRunsResponse all;
  do {
    v1::ListRunsResponse response;
    const absl::Status status = Persist([&](Link* link, grpc::ClientContext* context) {
      return link->runs->ListRuns(context, part, &response);
    });
    if (!status.ok()) return status;
    for (v1::Run& run : *response.mutable_runs()) *all.add_runs() = std::move(run);
    all.set_next_page_token(response.next_page_token());
    part.set_page_token(response.next_page_token());
    part.set_page_size(request.page_size() - static_cast<uint32_t>(all.runs_size()));
  } while (!part.page_token().empty() &&
           static_cast<uint32_t>(all.runs_size()) < request.page_size());
  return all;
}

absl::StatusOr<v1::ListHostResultsResponse> MusterClient::ListHostResults(
    const v1::ListHostResultsRequest& request) {
  v1::ListHostResultsResponse response;
  const absl::Status status = Persist([&](Link* link, grpc::ClientContext* context) {
    return link->runs->ListHostResults(context, request, &response);
  });
  if (!status.ok()) return status;
  return response;
}

absl::StatusOr<v1::ListEventsResponse> MusterClient::ListEvents(
    const v1::ListEventsRequest& request) {
  v1::ListEventsResponse response;
  const absl::Status status = Persist([&](Link* link, grpc::ClientContext* context) {
    return link->runs->ListEvents(context, request, &response);
  });
  if (!status.ok()) return status;
  return response;
}

absl::StatusOr<v1::ResolveTargetsResponse> MusterClient::ResolveTargets(
    const v1::ResolveTargetsRequest& request) {
  v1::ResolveTargetsRequest part = request;
  v1::ResolveTargetsResponse all;
  do {
    v1::ResolveTargetsResponse response;
    const absl::Status status = Persist([&](Link* link, grpc::ClientContext* context) {
      return link->targets->ResolveTargets(context, part, &response);
    });
    if (!status.ok()) return status;
    part.set_page_token(response.next_page_token());
    for (v1::RunHost& host : *response.mutable_hosts()) *all.add_hosts() = std::move(host);
    for (v1::HostSettings& one : *response.mutable_settings()) *all.add_settings() = std::move(one);
    *all.mutable_warnings() = std::move(*response.mutable_warnings());
  } while (!part.page_token().empty());
  return all;
}

absl::StatusOr<v1::PutArtifactResponse> MusterClient::PutArtifact(
    const v1::PutArtifactRequest& request) {
  v1::PutArtifactResponse response;
  const absl::Status status = Persist([&](Link* link, grpc::ClientContext* context) {
    return link->artifacts->PutArtifact(context, request, &response);
  });
  if (!status.ok()) return status;
  return response;
}

absl::StatusOr<std::vector<v1::Artifact>> MusterClient::ListArtifacts() {
  v1::ListArtifactsRequest request;
  std::vector<v1::Artifact> all;
  do {
    v1::ListArtifactsResponse response;
    const absl::Status status = Persist([&](Link* link, grpc::ClientContext* context) {
      return link->artifacts->ListArtifacts(context, request, &response);
    });
    if (!status.ok()) return status;
    for (v1::Artifact& artifact : *response.mutable_artifacts()) all.push_back(std::move(artifact));
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return all;
}

absl::Status MusterClient::DeleteArtifact(const std::string& name) {
  v1::DeleteArtifactRequest request;
  request.set_name(name);
  v1::DeleteArtifactResponse response;
  return Explain(Once([&](Link* link, grpc::ClientContext* context) {
    return link->artifacts->DeleteArtifact(context, request, &response);
  }));
}

std::string NewRequestId() {
  absl::BitGen random;
  return absl::StrFormat("%016x%016x", absl::Uniform<uint64_t>(random),
                         absl::Uniform<uint64_t>(random));
}

}  // namespace muster::client
