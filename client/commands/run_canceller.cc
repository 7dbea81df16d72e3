#include "client/commands/run_canceller.h"

#include <cstdio>

#include "proto/contract/visible_text.h"

namespace muster::client {

void RunCanceller::SetRunId(const std::string& run_id) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (run_id_ == run_id) return;
    run_id_ = run_id;
    if (!wanted_) return;
  }
  CallDaemon(run_id);
}

void RunCanceller::Cancel() {
  std::string run_id;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    wanted_ = true;
    run_id = run_id_;
  }
  if (!run_id.empty()) CallDaemon(run_id);
}

void RunCanceller::CallDaemon(const std::string& run_id) {
  const absl::Status status = client_->CancelRun(run_id).status();
  if (status.ok()) return;
  fprintf(stderr, "muster: run %s could not be canceled: %s\n", Visible(run_id).c_str(),
          Visible(status.message()).c_str());
}

}  // namespace muster::client
