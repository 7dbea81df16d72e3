// Talks to a musterd: the C++ client library.
#ifndef CLIENT_MUSTER_CLIENT_H_
#define CLIENT_MUSTER_CLIENT_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/server_address.h"
#include "muster/v1/run_service.grpc.pb.h"
#include "muster/v1/target_service.grpc.pb.h"

namespace muster::client {

// What to do when a daemon that was there is not there any more. A daemon that was never reached is
// not waited for.
struct Reconnect {
  // For how long after the last that was heard of it.
  absl::Duration patience = absl::Seconds(30);
  // Called before each further attempt, on the thread that makes it; may start a daemon. May be
  // empty.
  std::function<void()> before_retry;
};

// Calls block. Thread-safe. Statuses are the service's, as muster.v1 documents them; UNAVAILABLE
// also where no daemon answers.
class MusterClient {
 public:
  // A run's stream, on the thread of the call.
  struct Stream {
    // Messages in order. Of the view LINES each event exactly once, however often the connection
    // had to be made anew; other views begin again. False: that was enough, end the call with OK.
    std::function<bool(const v1::WatchRunResponse&)> on_message;
    // The connection has broken and is about to be made anew. May be empty.
    std::function<void(const absl::Status&)> on_lost;
  };

  // Does not connect yet. INVALID_ARGUMENT, NOT_FOUND: the TLS files of a network daemon.
  static absl::StatusOr<std::unique_ptr<MusterClient>> Create(const ServerAddress& address,
                                                              const TlsFiles& tls,
                                                              Reconnect reconnect = {});

  // With a request_id it is tried again when the connection breaks, as RerunHosts is.
  absl::StatusOr<v1::Run> CreateRun(const v1::CreateRunRequest& request);
  absl::StatusOr<v1::Run> RerunHosts(const v1::RerunHostsRequest& request);
  // Starts a run and follows it to its end. When the connection breaks once the run has begun, it
  // goes on with WatchRun where it stopped; before that, it starts over if there is a request_id.
  absl::Status RunCommand(const v1::RunCommandRequest& request, const Stream& stream);
  // Follows a run to its end, as RunCommand does. DATA_LOSS: events are missing.
  absl::Status WatchRun(const v1::WatchRunRequest& request, const Stream& stream);

  // Not tried again: each may confirm a batch.
  absl::StatusOr<v1::Run> ResumeRun(const std::string& run_id);
  // Harmless when repeated, so tried again when the connection breaks.
  absl::StatusOr<v1::Run> GetRun(const std::string& run_id);
  absl::StatusOr<v1::Run> CancelRun(const std::string& run_id);
  absl::StatusOr<v1::Run> PauseRun(const std::string& run_id);
  // Not tried again: then it might be NOT_FOUND, because it has been done.
  absl::Status DeleteRun(const std::string& run_id);
  absl::StatusOr<v1::ListRunsResponse> ListRuns(const v1::ListRunsRequest& request);
  absl::StatusOr<v1::ListHostResultsResponse> ListHostResults(
      const v1::ListHostResultsRequest& request);
  absl::StatusOr<v1::ResolveTargetsResponse> ResolveTargets(
      const v1::ResolveTargetsRequest& request);

 private:
  MusterClient(std::shared_ptr<grpc::Channel> channel, Reconnect reconnect);

  struct Following;
  absl::Status Follow(const std::function<absl::Status()>& once, const Stream& stream,
                      Following* following);
  absl::Status CommandOnce(const v1::RunCommandRequest& request, const Stream& stream,
                           Following* following);
  absl::Status WatchOnce(const Stream& stream, Following* following);
  // Calls until there is an answer other than UNAVAILABLE, or no patience left.
  absl::Status Persist(const std::function<grpc::Status(grpc::ClientContext*)>& call);
  template <typename Request, typename Response>
  absl::StatusOr<v1::Run> RunCall(grpc::Status (v1::RunService::Stub::*call)(grpc::ClientContext*,
                                                                             const Request&,
                                                                             Response*),
                                  const Request& request, bool repeatable);
  bool WasReached(const absl::Status& status);
  void Pause(absl::Duration duration);

  const std::shared_ptr<grpc::Channel> channel_;
  const Reconnect reconnect_;
  const std::unique_ptr<v1::RunService::Stub> runs_;
  const std::unique_ptr<v1::TargetService::Stub> targets_;
  std::atomic<bool> reached_{false};
};

// For a request_id that nobody else uses: 128 random bits.
std::string NewRequestId();

}  // namespace muster::client

#endif  // CLIENT_MUSTER_CLIENT_H_
