// Cancels the run that is being followed.
#ifndef CLIENT_COMMANDS_RUN_CANCELLER_H_
#define CLIENT_COMMANDS_RUN_CANCELLER_H_

#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "client/library/muster_client.h"

namespace muster::client {

// Thread-safe: one thread follows the run, another hears Ctrl-C, maybe before the run has an id.
class RunCanceller {
 public:
  explicit RunCanceller(MusterClient* client) : client_(client) {}

  // The run's id is known from now on. Cancels it at once if Cancel came before.
  void SetRunId(const std::string& run_id);
  // Empty where it is not known yet.
  std::string run_id() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return run_id_;
  }
  // Blocks until the daemon has heard of it. Without an id it is kept for later.
  void Cancel();

 private:
  void CallDaemon(const std::string& run_id);

  MusterClient* const client_;
  std::mutex mutex_;
  std::string run_id_;
  bool wanted_ = false;
};

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_RUN_CANCELLER_H_
