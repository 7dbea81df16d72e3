// Calls that may be repeated: request_id of the contract.
#ifndef SERVICE_RUNS_RUN_REQUEST_H_
#define SERVICE_RUNS_RUN_REQUEST_H_

#include <condition_variable>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "google/protobuf/message.h"
#include "ssh_engine/base/mutex.h"

namespace muster::service {

// What makes a run. Two calls are the same where all three are. A value.
struct RunRequest {
  std::string creator;
  std::string id;      // empty: no other is the same
  std::string digest;  // RequestDigest
};

// Of what is asked, without secrets and request_id: 32 bytes.
std::string RequestDigest(const google::protobuf::Message& asked);

// One call at a time of those with the same creator and id. Thread-safe.
class RequestTurns {
 public:
  // A call's turn, from its construction, which blocks until no other has it, to its end.
  class Turn {
   public:
    Turn(RequestTurns* turns, const RunRequest& request);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    RequestTurns* const turns_;
    const std::string key_;  // empty: it need not wait
  };

 private:
  Mutex mutex_;
  absl::flat_hash_set<std::string> taken_ ABSL_GUARDED_BY(mutex_);
  std::condition_variable given_back_;
};

}  // namespace muster::service

#endif  // SERVICE_RUNS_RUN_REQUEST_H_
