// The one way in for every call.
#ifndef SERVICE_API_CALL_GATE_H_
#define SERVICE_API_CALL_GATE_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <functional>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "service/access/authorizer.h"
#include "service/access/caller.h"
#include "service/api/call_lane.h"
#include "service/runs/activity.h"

namespace muster::service {

// Who calls, whether the policy knows him, whether the request says anything that is not in the
// contract; then the call waits for its turn, and is answered by a thread that may block. What was
// given up meanwhile (the caller has left, the deadline has passed) is not computed. Thread-safe.
class CallGate {
 public:
  // Calls wait for those of their lane only.
  enum class Lane {
    kLifecycle,  // stops, pauses, goes on: short, and must not wait behind the others
    kRead,       // looks something up
    kUpload,     // writes a file out, for as long as the disk takes
    kSearch,     // goes through a log, for a second or two
    kInput,      // writes what was sent to the disk
    kStart,      // prepares a run: expands targets, reads files, decrypts keys
  };

  // Both must outlive it.
  CallGate(const Authorizer* authorizer, Activity* activity);

  // UNAVAILABLE, UNAUTHENTICATED, PERMISSION_DENIED. On gRPC's threads: does not block.
  absl::StatusOr<Caller> Admit(const grpc::CallbackServerContext& context);

  // Calls `answer` once: from a thread of the lane with OK where the call is to be computed, else
  // with what it is to be refused with. `context` and
  // `request` must be good until then.
  void Queue(Lane lane, const grpc::CallbackServerContext& context, const Caller& caller,
             const google::protobuf::Message& request,
             absl::AnyInvocable<void(absl::Status)> answer);

  // From now on every call is UNAVAILABLE, those that wait, too.
  void Stop();
  bool stopping() const { return stopping_; }
  // Waits for those that are being answered. After Stop.
  void Drain();

 private:
  CallLane& LaneOf(Lane lane);

  const Authorizer* const authorizer_;
  Activity* const activity_;
  std::atomic<bool> stopping_{false};
  CallLane lifecycle_;
  CallLane reads_;
  CallLane uploads_;
  CallLane searches_;
  CallLane inputs_;
  CallLane starts_;
};

}  // namespace muster::service

#endif  // SERVICE_API_CALL_GATE_H_
