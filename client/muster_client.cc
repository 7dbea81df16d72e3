#include "client/muster_client.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace muster::client {
namespace {

constexpr absl::Duration kResumeTime = absl::Seconds(30);
constexpr absl::Duration kLongestPause = absl::Seconds(4);

absl::Status FromGrpc(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

absl::StatusOr<std::string> ReadPem(absl::string_view what, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (file && !path.empty()) return text.str();
  return absl::NotFoundError(path.empty() ? absl::StrCat("a musterd on the network needs ", what)
                                          : absl::StrCat(what, " ", path, ": cannot be read"));
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> Credentials(const TlsFiles& tls) {
  absl::StatusOr<std::string> certificate = ReadPem("--tls-cert", tls.certificate);
  if (!certificate.ok()) return certificate.status();
  absl::StatusOr<std::string> key = ReadPem("--tls-key", tls.key);
  if (!key.ok()) return key.status();
  absl::StatusOr<std::string> ca = ReadPem("--tls-ca", tls.ca);
  if (!ca.ok()) return ca.status();
  grpc::SslCredentialsOptions options;
  options.pem_cert_chain = *std::move(certificate);
  options.pem_private_key = *std::move(key);
  options.pem_root_certs = *std::move(ca);
  return grpc::SslCredentials(options);
}

// Both responses are the same on the wire.
v1::WatchRunResponse AsWatch(v1::RunCommandResponse* response) {
  v1::WatchRunResponse watch;
  watch.mutable_events()->Swap(response->mutable_events());
  if (response->has_run()) watch.mutable_run()->Swap(response->mutable_run());
  return watch;
}

template <typename Progress>
void Note(const v1::WatchRunResponse& message, Progress* progress) {
  if (message.has_run()) {
    progress->run_id = message.run().id();
    progress->ended = message.run().state() >= v1::RUN_STATE_SUCCEEDED;
  }
  if (message.events_size() > 0) {
    progress->sequence = message.events(message.events_size() - 1).sequence();
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<MusterClient>> MusterClient::Create(const ServerAddress& address,
                                                                   const TlsFiles& tls) {
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (!address.is_unix()) {
    absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> network = Credentials(tls);
    if (!network.ok()) return network.status();
    credentials = *std::move(network);
  }
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  return std::unique_ptr<MusterClient>(
      new MusterClient(grpc::CreateCustomChannel(address.target, credentials, arguments)));
}

MusterClient::MusterClient(std::shared_ptr<grpc::Channel> channel)
    : runs_(v1::RunService::NewStub(channel)), targets_(v1::TargetService::NewStub(channel)) {}

absl::Status MusterClient::RunCommand(const v1::RunCommandRequest& request,
                                      const OnMessage& on_message) {
  Progress progress;
  grpc::ClientContext context;
  const auto stream = runs_->RunCommand(&context, request);
  v1::RunCommandResponse response;
  while (stream->Read(&response)) {
    const v1::WatchRunResponse message = AsWatch(&response);
    Note(message, &progress);
    on_message(message);
  }
  absl::Status status = FromGrpc(stream->Finish());
  return Resume(std::move(status), on_message, &progress);
}

absl::Status MusterClient::WatchRun(const std::string& run_id, uint64_t after,
                                    const OnMessage& on_message) {
  Progress progress;
  progress.run_id = run_id;
  progress.sequence = after;
  absl::Status status = WatchOnce(on_message, &progress);
  return Resume(std::move(status), on_message, &progress);
}

absl::Status MusterClient::WatchOnce(const OnMessage& on_message, Progress* progress) {
  grpc::ClientContext context;
  v1::WatchRunRequest request;
  request.set_run_id(progress->run_id);
  request.set_after_sequence(progress->sequence);
  const auto stream = runs_->WatchRun(&context, request);
  v1::WatchRunResponse message;
  while (stream->Read(&message)) {
    Note(message, progress);
    on_message(message);
  }
  return FromGrpc(stream->Finish());
}

// A stream that breaks says nothing of the run: it goes on.
absl::Status MusterClient::Resume(absl::Status broken, const OnMessage& on_message,
                                  Progress* progress) {
  const absl::Time give_up = absl::Now() + kResumeTime;
  absl::Duration pause = absl::Milliseconds(250);
  while (absl::IsUnavailable(broken) && !progress->run_id.empty() && !progress->ended &&
         absl::Now() < give_up) {
    absl::SleepFor(pause);
    pause = std::min(2 * pause, kLongestPause);
    broken = WatchOnce(on_message, progress);
  }
  if (progress->ended) return absl::OkStatus();
  if (!broken.ok() || progress->run_id.empty()) return broken;
  return absl::DataLossError("musterd ended the stream before the run's end");
}

absl::StatusOr<v1::Run> MusterClient::CreateRun(const v1::CreateRunRequest& request) {
  grpc::ClientContext context;
  v1::CreateRunResponse response;
  const grpc::Status status = runs_->CreateRun(&context, request, &response);
  if (!status.ok()) return FromGrpc(status);
  return std::move(*response.mutable_run());
}

absl::StatusOr<v1::Run> MusterClient::GetRun(const std::string& run_id) {
  grpc::ClientContext context;
  v1::GetRunRequest request;
  request.set_run_id(run_id);
  v1::GetRunResponse response;
  const grpc::Status status = runs_->GetRun(&context, request, &response);
  if (!status.ok()) return FromGrpc(status);
  return std::move(*response.mutable_run());
}

absl::StatusOr<v1::ListRunsResponse> MusterClient::ListRuns(const v1::ListRunsRequest& request) {
  grpc::ClientContext context;
  v1::ListRunsResponse response;
  const grpc::Status status = runs_->ListRuns(&context, request, &response);
  if (!status.ok()) return FromGrpc(status);
  return response;
}

absl::StatusOr<v1::ListHostResultsResponse> MusterClient::ListHostResults(
    const v1::ListHostResultsRequest& request) {
  grpc::ClientContext context;
  v1::ListHostResultsResponse response;
  const grpc::Status status = runs_->ListHostResults(&context, request, &response);
  if (!status.ok()) return FromGrpc(status);
  return response;
}

absl::StatusOr<v1::Run> MusterClient::CancelRun(const std::string& run_id) {
  grpc::ClientContext context;
  v1::CancelRunRequest request;
  request.set_run_id(run_id);
  v1::CancelRunResponse response;
  const grpc::Status status = runs_->CancelRun(&context, request, &response);
  if (!status.ok()) return FromGrpc(status);
  return std::move(*response.mutable_run());
}

absl::StatusOr<v1::ResolveTargetsResponse> MusterClient::ResolveTargets(
    const v1::ResolveTargetsRequest& request) {
  grpc::ClientContext context;
  v1::ResolveTargetsResponse response;
  const grpc::Status status = targets_->ResolveTargets(&context, request, &response);
  if (!status.ok()) return FromGrpc(status);
  return response;
}

}  // namespace muster::client
