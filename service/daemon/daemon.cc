#include "service/daemon/daemon.h"

#include <google/protobuf/message.h>
#include <grpcpp/ext/channelz_service_plugin.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpc/health/v1/health.pb.h"
#include "proto/contract/limits.h"
#include "proto/contract/state_folder.h"
#include "service/runs/recovery.h"
#include "service/runs/retention.h"
#include "service/store/sqlite/sqlite_run_store.h"

namespace muster::service {
namespace {

constexpr int kHelperThreads = 4;
constexpr size_t kMib = size_t{1} << 20;
// Times --min-free: where the disk has less, old runs are forgotten, and no artifact takes more.
constexpr size_t kForgetBelow = 2;
// Of one request: the largest that keeps the contract's limits has some 600 KiB. In memory many
// small fields can take forty times as much; CallGate bounds what waits.
constexpr int kMaxMessageBytes = (1 << 20) + (64 << 10);
// Of all connections together: what is being read from them, headers included, and their calls.
// Where it is reached, gRPC reads no further and cancels the largest. (What is sent to watchers
// does not count: WatchReactor bounds that.)
constexpr size_t kConnectionBytes = 256 << 20;
// Calls at a time on one connection (HTTP/2, SETTINGS_MAX_CONCURRENT_STREAMS): a thousand watchers,
// and some more. Others wait in the client.
constexpr int kMaxStreams = 1024;
// Milliseconds: our own pings, their answers, and the pings of clients (documented in
// run_service.proto).
constexpr int kPingEvery = 20'000;
constexpr int kPingAnswer = 10'000;
constexpr int kPingsAtMost = 5'000;
// Of the logs of all runs, in memory, for watchers that keep up; the rest is on the disk.
constexpr size_t kTailBytes = 128 << 20;
// For commands to end: longer than an engine takes from TERM to giving up.
constexpr std::chrono::seconds kStopTime(5);
// For watchers that read slowly, once everything has ended.
constexpr std::chrono::seconds kShutdownTime(5);

}  // namespace

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::Start(const DaemonOptions& options) {
  std::unique_ptr<Daemon> daemon(new Daemon(options));
  absl::Status status = daemon->LoadPolicy();
  // Whoever has the state folder's lock is its daemon, and may listen.
  if (status.ok()) status = daemon->OpenStore();
  if (status.ok()) status = daemon->Listen();
  if (status.ok()) status = daemon->OpenArtifacts();
  if (status.ok()) status = daemon->StartRuns();
  if (status.ok()) status = daemon->StartServer();
  if (!status.ok()) return status;
  return daemon;
}

Daemon::Daemon(const DaemonOptions& options)
    : options_(options), activity_(Activity::Clock::now()), tails_(kTailBytes) {}

Daemon::~Daemon() { Stop(); }

absl::Status Daemon::LoadPolicy() {
  if (!options_.config_file.empty()) {
    absl::StatusOr<Config> config = LoadConfig(options_.config_file);
    if (!config.ok()) return config.status();
    config_ = *std::move(config);
  }
  absl::StatusOr<std::unique_ptr<Authorizer>> authorizer = Authorizer::Create(config_);
  if (!authorizer.ok()) return authorizer.status();
  authorizer_ = *std::move(authorizer);
  return absl::OkStatus();
}

absl::Status Daemon::Listen() {
  for (const std::string& text : options_.listen) {
    absl::StatusOr<ListenAddress> address = ParseListenAddress(text);
    if (!address.ok()) return address.status();
    if (!address->is_unix()) {
      // Before the port is open.
      absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> tls =
          MutualTls(options_.tls, authorizer_.get());
      if (!tls.ok()) return tls.status();
    }
    absl::StatusOr<ListeningSocket> socket = ListeningSocket::Open(*address);
    if (!socket.ok()) return socket.status();
    sockets_.push_back(std::make_unique<ListeningSocket>(*std::move(socket)));
  }
  return LinkSocket();
}

// Where the state folder was removed, what is there now may be another daemon's.
absl::Status Daemon::OwnsFolder() const {
  struct stat info = {};
  const std::string lock = absl::StrCat(options_.state_dir, "/", kLockName);
  if (stat(lock.c_str(), &info) == 0 && info.st_dev == lock_file_.st_dev &&
      info.st_ino == lock_file_.st_ino) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat(options_.state_dir, " was removed, and this musterd's runs with it; stop it"));
}

// The state folder says where its daemon listens.
absl::Status Daemon::LinkSocket() {
  const std::string own = absl::StrCat(options_.state_dir, "/", kSocketName);
  ListeningSocket* first = nullptr;
  for (const std::unique_ptr<ListeningSocket>& socket : sockets_) {
    if (socket->name() == "unix:" + own) return absl::OkStatus();
    if (first == nullptr && socket->is_unix()) first = socket.get();
  }
  return first != nullptr ? first->LinkFrom(own) : absl::OkStatus();
}

absl::Status Daemon::OpenStore() {
  RunStoreOptions options;
  options.min_free_bytes = options_.min_free_mib * kMib;
  absl::StatusOr<std::unique_ptr<RunStore>> store =
      OpenRunStore(absl::StrCat(options_.state_dir, "/runs"), options);
  if (!store.ok()) return store.status();
  store_ = *std::move(store);
  stat(absl::StrCat(options_.state_dir, "/", kLockName).c_str(), &lock_file_);
  return absl::OkStatus();
}

absl::Status Daemon::OpenArtifacts() {
  helpers_ = std::make_unique<HelperPool>(kHelperThreads);
  ArtifactLimits limits;
  limits.max_bytes = options_.max_artifacts_mib * kMib;
  limits.min_free_bytes = kForgetBelow * options_.min_free_mib * kMib;
  absl::StatusOr<std::unique_ptr<ArtifactStore>> artifacts =
      ArtifactStore::Open(absl::StrCat(options_.state_dir, "/artifacts"), limits, helpers_.get());
  if (!artifacts.ok()) return artifacts.status();
  artifacts_ = *std::move(artifacts);
  return absl::OkStatus();
}

absl::Status Daemon::StartRuns() {
  absl::StatusOr<std::unique_ptr<engine::Engine>> engine = engine::NewEngine(
      {options_.threads, options_.max_sessions, options_.session_idle, options_.session_max_age});
  if (!engine.ok()) return engine.status();
  engine_ = *std::move(engine);
  {
    MutexLock lock(&reading_mutex_);
    reading_ = engine_.get();
  }
  JournalHooks hooks;
  hooks.pressure = [this](bool stop) { SetReading(!stop); };
  hooks.fenced = [](const absl::Status& status) {
    spdlog::critical("another musterd has taken over this state directory: {}",
                     std::string(status.message()));
    kill(getpid(), SIGTERM);
  };
  journal_ = std::make_unique<JournalThread>(store_.get(), &tails_, hooks);
  RunSettings settings;
  settings.max_output_bytes = options_.max_output_per_run_mib * kMib;
  preparer_ = std::make_unique<RunPreparer>(&config_, authorizer_.get(), &files_, settings,
                                            artifacts_.get());
  gate_ = std::make_unique<CallGate>(authorizer_.get(), &activity_);
  const RunParts parts = {engine_.get(), journal_->journal(), &tails_, &locks_, helpers_.get()};
  runs_ = std::make_unique<Runs>(store_.get(), parts, options_.max_runs,
                                 [this](const Run& run) { OnRunOver(run); });
  starter_ = std::make_unique<RunStarter>(
      store_.get(), preparer_.get(), runs_.get(), &activity_,
      RunStarter::InputPlace{absl::StrCat(options_.state_dir, "/runs"), helpers_.get()});
  return Recover(*store_, *preparer_, starter_.get());
}

void Daemon::OnRunOver(const Run& run) {
  starter_->OnOver(run);
  if (!forgetting_.exchange(true)) helpers_->Run([this] { ForgetOld(); });
}

void Daemon::ForgetOld() {
  forgetting_ = false;
  ForgetOldRuns(*store_,
                {options_.keep_for, options_.keep_runs, options_.keep_mib * kMib,
                 kForgetBelow * options_.min_free_mib * kMib},
                retention_clock_.Now(), journal_->journal());
}

v1::ServerLimits Daemon::Limits() const {
  v1::ServerLimits limits;
  limits.set_max_request_bytes(kMaxMessageBytes);
  limits.set_max_hosts(kMaxHosts);
  limits.set_max_command_bytes(kMaxCommandBytes);
  limits.set_max_in_flight(kMaxInFlight);
  limits.set_max_page_bytes(kMaxPageBytes);
  limits.set_max_active_runs(static_cast<uint32_t>(options_.max_runs));
  return limits;
}

absl::Status Daemon::StartServer() {
  run_service_ = std::make_unique<RunService>(RunService::Parts{
      gate_.get(), helpers_.get(), store_.get(), runs_.get(), starter_.get(), &activity_});
  target_service_ = std::make_unique<TargetService>(gate_.get(), preparer_.get());
  artifact_service_ = std::make_unique<ArtifactService>(gate_.get(), artifacts_.get());
  server_info_ = std::make_unique<ServerService>(gate_.get(), Limits());

  grpc::EnableDefaultHealthCheckService(true);
  // gRPC brings no description of it for reflection.
  google::protobuf::LinkMessageReflection<grpc::health::v1::HealthCheckRequest>();
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::channelz::experimental::InitChannelzService();
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  // gRPC looks at a message's size only once it is unpacked: a request of 1 MB could take 1 GiB.
  for (const grpc_compression_algorithm packed : {GRPC_COMPRESS_DEFLATE, GRPC_COMPRESS_GZIP}) {
    builder.SetCompressionAlgorithmSupportStatus(packed, false);
  }
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  builder.SetResourceQuota(grpc::ResourceQuota("musterd").Resize(kConnectionBytes));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreams);
  // A peer that has vanished is noticed, and one that pings more often than that is let be, also
  // while nothing is sent: quiet watches live on.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kPingEvery);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kPingAnswer);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kPingsAtMost);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.RegisterService(run_service_.get());
  builder.RegisterService(target_service_.get());
  builder.RegisterService(artifact_service_.get());
  builder.RegisterService(server_info_.get());
  for (const std::unique_ptr<ListeningSocket>& socket : sockets_) {
    std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials();
    if (!socket->is_unix()) {
      absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> tls =
          MutualTls(options_.tls, authorizer_.get());
      if (!tls.ok()) return tls.status();
      credentials = *std::move(tls);
    }
    const auto taker = [&builder](std::shared_ptr<grpc::ServerCredentials> with) {
      return builder.experimental().AddExternalConnectionAcceptor(
          grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, with);
    };
    // gRPC tells a call by which credentials it came, so root has some of his own (CallerOf).
    Acceptor::Grpc roots =
        socket->is_unix() ? taker(grpc::experimental::LocalServerCredentials(UDS)) : nullptr;
    acceptors_.push_back(std::make_unique<Acceptor>(
        socket.get(), taker(credentials), std::move(roots), [this] { return OwnsFolder(); }));
  }
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) return absl::InternalError("gRPC could not start");
  for (const char* name :
       {v1::RunService::service_full_name(), v1::TargetService::service_full_name(),
        v1::ArtifactService::service_full_name(), v1::ServerService::service_full_name()}) {
    server_->GetHealthCheckService()->SetServingStatus(name, true);
  }
  for (const std::unique_ptr<Acceptor>& acceptor : acceptors_) acceptor->Start();
  return absl::OkStatus();
}

void Daemon::Stop() {
  if (std::exchange(stopped_, true)) return;
  if (server_ != nullptr) server_->GetHealthCheckService()->SetServingStatus(false);
  for (const std::unique_ptr<Acceptor>& acceptor : acceptors_) acceptor->Stop();
  if (runs_ != nullptr) StopRuns();
  if (server_ != nullptr) {
    server_->Shutdown(std::chrono::system_clock::now() + kShutdownTime);
    server_->Wait();
    server_.reset();
  }
  helpers_.reset();
}

// Runs that are left end with the engine; their ends go through the helpers to the journal.
void Daemon::StopRuns() {
  gate_->Stop();
  starter_->Stop(kStopTime);
  {
    MutexLock lock(&reading_mutex_);
    reading_ = nullptr;
  }
  artifacts_->StopReading();
  engine_.reset();
  gate_->Drain();
  helpers_->Drain();
  journal_.reset();
}

void Daemon::SetReading(bool reading) {
  MutexLock lock(&reading_mutex_);
  if (reading_ != nullptr) reading_->SetReading(reading);
}

std::vector<std::string> Daemon::addresses() const {
  std::vector<std::string> names;
  for (const std::unique_ptr<ListeningSocket>& socket : sockets_) names.push_back(socket->name());
  return names;
}

}  // namespace muster::service
