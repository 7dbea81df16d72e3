#include "service/listen/network_door.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "proto/contract/grpc_status.h"
#include "service/access/caller.h"
#include "ssh_engine/base/mutex.h"

namespace muster::service {
namespace {

using Clock = std::chrono::steady_clock;
using grpc::experimental::TlsCustomVerificationCheckRequest;

// Warns at most once a second: whoever knocks often does not fill the disk. Thread-safe.
class RefusalLog {
 public:
  void Tell(const absl::Status& status) {
    MutexLock lock(&mutex_);
    ++untold_;
    const Clock::time_point now = Clock::now();
    if (now < next_) return;
    spdlog::warn("a connection was refused: {} ({} since the last such line)",
                 std::string(status.message()), untold_);
    next_ = now + std::chrono::seconds(1);
    untold_ = 0;
  }

 private:
  Mutex mutex_;
  Clock::time_point next_ ABSL_GUARDED_BY(mutex_);
  uint64_t untold_ ABSL_GUARDED_BY(mutex_) = 0;
};

// gRPC hands names over as C strings here, so that one with a NUL in it comes shortened. Its calls
// are refused all the same: their check has it in full.
absl::StatusOr<Caller> CallerAtHandshake(const TlsCustomVerificationCheckRequest& request) {
  CertificateNames names = {request.dns_names(), request.uri_names(), {}};
  if (!request.common_name().empty()) names.common_names.push_back(request.common_name());
  return CallerOf(names);
}

class HandshakeCheck final : public grpc::experimental::ExternalCertificateVerifier {
 public:
  explicit HandshakeCheck(const Authorizer* authorizer) : authorizer_(authorizer) {}

  bool Verify(TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)>,
              grpc::Status* sync_status) override {
    const absl::StatusOr<Caller> caller = CallerAtHandshake(*request);
    const absl::Status checked = caller.ok() ? authorizer_->CheckCaller(*caller) : caller.status();
    if (!checked.ok()) refusals_.Tell(checked);
    *sync_status = GrpcStatus(checked);
    return true;
  }
  void Cancel(TlsCustomVerificationCheckRequest*) override {}

 private:
  const Authorizer* const authorizer_;
  RefusalLog refusals_;
};

absl::Status CheckMethod(absl::string_view path) {
  if (!absl::StartsWith(path, "/grpc.channelz.")) return absl::OkStatus();
  return absl::PermissionDeniedError("channelz is served over the daemon's unix socket only");
}

class CallCheck final : public grpc::AuthMetadataProcessor {
 public:
  explicit CallCheck(const Authorizer* authorizer) : authorizer_(authorizer) {}

  bool IsBlocking() const override { return false; }
  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext* context, OutputMetadata*,
                       OutputMetadata*) override {
    const absl::StatusOr<Caller> caller = CallerOf(context);
    absl::Status checked = caller.ok() ? authorizer_->CheckCaller(*caller) : caller.status();
    const auto path = metadata.find(":path");
    // Without it, nobody knows what is asked for.
    if (path == metadata.end()) checked.Update(absl::InternalError("a call without a path"));
    if (checked.ok()) checked = CheckMethod({path->second.data(), path->second.size()});
    return GrpcStatus(checked);
  }

 private:
  const Authorizer* const authorizer_;
};

}  // namespace

std::shared_ptr<grpc::experimental::CertificateVerifier> NewHandshakeCheck(
    const Authorizer* authorizer) {
  return grpc::experimental::ExternalCertificateVerifier::Create<HandshakeCheck>(authorizer);
}

std::shared_ptr<grpc::AuthMetadataProcessor> NewCallCheck(const Authorizer* authorizer) {
  return std::make_shared<CallCheck>(authorizer);
}

}  // namespace muster::service
