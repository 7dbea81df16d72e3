// Talks to a musterd: the C++ client library.
#ifndef CLIENT_LIBRARY_MUSTER_CLIENT_H_
#define CLIENT_LIBRARY_MUSTER_CLIENT_H_

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/library/server_address.h"
#include "client/library/tls_files.h"
#include "muster/v1/artifact_service.grpc.pb.h"
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
// also where no daemon answers, with why that is and what to do. Nothing is sent over a unix socket
// before it is known that its daemon is the caller's own, root's, or the named user's. Proxies that
// the environment names are not used.
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

  // All runs' stream, on the thread of the call.
  struct RunsStream {
    // Runs as they are made and change. False: that was enough, end the call with OK.
    std::function<bool(const v1::WatchRunsResponse&)> on_message;
    // The connection has broken and is about to be made anew: the next messages have all runs that
    // are under way then, and what happened meanwhile is not told.
    std::function<void(const absl::Status&)> on_lost;
  };

  // Does not connect yet. Errors are ReadTlsFiles', of a network daemon.
  static absl::StatusOr<std::unique_ptr<MusterClient>> Create(const ServerAddress& address,
                                                              const TlsFiles& tls,
                                                              Reconnect reconnect = {});

  // With a request_id it is tried again when the connection breaks, as RerunHosts is.
  absl::StatusOr<v1::Run> CreateRun(const v1::CreateRunRequest& request);
  absl::StatusOr<v1::Run> RerunHosts(const v1::RerunHostsRequest& request);
  // Starts a run and follows it to its end. When the connection breaks once the run has begun, it
  // goes on with WatchRun where it stopped; before that, it starts over if there is a request_id.
  absl::Status CreateAndWatchRun(const v1::CreateAndWatchRunRequest& request, const Stream& stream);
  // Follows a run to its end, as CreateAndWatchRun does. DATA_LOSS: events are missing.
  absl::Status WatchRun(const v1::WatchRunRequest& request, const Stream& stream);

  // Until it is enough, or there is an error: then never OK.
  absl::Status WatchRuns(const v1::WatchRunsRequest& request, const RunsStream& stream);

  // Not tried again: each may confirm a batch.
  absl::StatusOr<v1::Run> ResumeRun(const std::string& run_id);
  // Harmless when repeated, so tried again when the connection breaks.
  absl::StatusOr<v1::Run> GetRun(const std::string& run_id);
  absl::StatusOr<v1::Run> CancelRun(const std::string& run_id);
  absl::StatusOr<v1::Run> PauseRun(const std::string& run_id);
  // Repeated over connections that break: nothing is taken twice.
  absl::StatusOr<v1::SendInputResponse> SendInput(const v1::SendInputRequest& request);
  // Not tried again: whoever tells it knows a newer size by then.
  absl::Status ResizeTerminal(const std::string& run_id, uint32_t columns, uint32_t rows);
  // Not tried again: then it might be NOT_FOUND, because it has been done.
  absl::Status DeleteRun(const std::string& run_id);
  // Goes on where the daemon ends a page early, until there are `page_size`.
  absl::StatusOr<v1::ListRunsResponse> ListRuns(const v1::ListRunsRequest& request);
  absl::StatusOr<v1::ListHostResultsResponse> ListHostResults(
      const v1::ListHostResultsRequest& request);
  absl::StatusOr<v1::ListEventsResponse> ListEvents(const v1::ListEventsRequest& request);
  // All pages.
  absl::StatusOr<v1::ResolveTargetsResponse> ResolveTargets(
      const v1::ResolveTargetsRequest& request);

  // Repeated over connections that break: bytes that are there are passed over.
  absl::StatusOr<v1::PutArtifactResponse> PutArtifact(const v1::PutArtifactRequest& request);
  // All pages.
  absl::StatusOr<std::vector<v1::Artifact>> ListArtifacts();
  // Not tried again, as DeleteRun is not.
  absl::Status DeleteArtifact(const std::string& name);

 private:
  struct Following;
  // A channel and its stubs. Over a unix socket it is one connection, and gone with it.
  struct Link;
  using Call = std::function<grpc::Status(Link*, grpc::ClientContext*)>;

  MusterClient(ServerAddress address, TlsContents tls, Reconnect reconnect);

  absl::StatusOr<std::shared_ptr<Link>> Connected();
  absl::StatusOr<std::shared_ptr<grpc::Channel>> Dial();
  // Makes the next call connect anew, where gRPC does not do so by itself.
  void Drop(const std::shared_ptr<Link>& link);
  absl::Status Once(const Call& call);
  // Calls until there is an answer other than UNAVAILABLE, or no patience left.
  absl::Status Persist(const Call& call);
  absl::Status Follow(const std::function<absl::Status()>& once, const Stream& stream,
                      Following* following);
  absl::Status CommandOnce(const v1::CreateAndWatchRunRequest& request, const Stream& stream,
                           Following* following);
  absl::Status WatchOnce(const Stream& stream, Following* following);
  template <typename Request, typename Response>
  absl::StatusOr<v1::Run> RunCall(grpc::Status (v1::RunService::Stub::*call)(grpc::ClientContext*,
                                                                             const Request&,
                                                                             Response*),
                                  const Request& request, bool repeatable);
  void Pause(absl::Duration duration);
  // A call's last status, where gRPC does not say why nobody was reached: with the reason.
  absl::Status Explain(const absl::Status& status);

  const ServerAddress address_;
  const TlsContents tls_;
  const Reconnect reconnect_;
  std::atomic<bool> reached_;
  std::mutex mutex_;
  std::shared_ptr<Link> link_;  // guarded by mutex_; null: none
};

// For a request_id that nobody else uses: 128 random bits.
std::string NewRequestId();

}  // namespace muster::client

#endif  // CLIENT_LIBRARY_MUSTER_CLIENT_H_
