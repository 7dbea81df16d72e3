// Talks to a musterd: the C++ client library.
#ifndef CLIENT_MUSTER_CLIENT_H_
#define CLIENT_MUSTER_CLIENT_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/server_address.h"
#include "muster/v1/run_service.grpc.pb.h"
#include "muster/v1/target_service.grpc.pb.h"

namespace muster::client {

// Calls block. Thread-safe. Statuses are the service's, as muster.v1 documents them; UNAVAILABLE
// also where no daemon answers.
class MusterClient {
 public:
  // Messages of a run's stream, in order and without gaps, even where the connection had to be made
  // anew.
  using OnMessage = std::function<void(const v1::WatchRunResponse&)>;

  // Does not connect yet. INVALID_ARGUMENT, NOT_FOUND: the TLS files of a network daemon.
  static absl::StatusOr<std::unique_ptr<MusterClient>> Create(const ServerAddress& address,
                                                              const TlsFiles& tls);

  absl::StatusOr<v1::Run> CreateRun(const v1::CreateRunRequest& request);
  // Starts a run and follows it to its end. When the connection breaks after the run has begun, it
  // goes on with WatchRun where it stopped, for up to half a minute.
  absl::Status RunCommand(const v1::RunCommandRequest& request, const OnMessage& on_message);
  // Follows a run to its end, as RunCommand does.
  absl::Status WatchRun(const std::string& run_id, uint64_t after, const OnMessage& on_message);
  absl::StatusOr<v1::Run> GetRun(const std::string& run_id);
  absl::StatusOr<v1::ListRunsResponse> ListRuns(const v1::ListRunsRequest& request);
  absl::StatusOr<v1::ListHostResultsResponse> ListHostResults(
      const v1::ListHostResultsRequest& request);
  absl::StatusOr<v1::Run> CancelRun(const std::string& run_id);
  absl::StatusOr<v1::ResolveTargetsResponse> ResolveTargets(
      const v1::ResolveTargetsRequest& request);

 private:
  explicit MusterClient(std::shared_ptr<grpc::Channel> channel);

  // How far a stream has come.
  struct Progress {
    std::string run_id;  // empty: it has not begun
    uint64_t sequence = 0;
    bool ended = false;
  };
  absl::Status WatchOnce(const OnMessage& on_message, Progress* progress);
  absl::Status Resume(absl::Status broken, const OnMessage& on_message, Progress* progress);

  const std::unique_ptr<v1::RunService::Stub> runs_;
  const std::unique_ptr<v1::TargetService::Stub> targets_;
};

}  // namespace muster::client

#endif  // CLIENT_MUSTER_CLIENT_H_
