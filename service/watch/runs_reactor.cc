#include "service/watch/runs_reactor.h"

#include <grpcpp/support/slice.h>

#include <iterator>
#include <utility>

#include "absl/time/clock.h"
#include "muster/v1/run_service.pb.h"
#include "proto/contract/grpc_status.h"
#include "proto/contract/limits.h"
#include "proto/contract/page_bytes.h"

namespace muster::service {

RunsReactor::RunsReactor(absl::AnyInvocable<void()> on_done)
    : on_done_(std::move(on_done)), link_(std::make_shared<BackLink<RunsReactor>>(this)) {}

void RunsReactor::Watch(RunsWatchOptions options) {
  MutexLock lock(&mutex_);
  decided_ = true;
  options_ = std::move(options);
  if (canceled_) return FinishOnce(absl::CancelledError());
  Ask();
}

void RunsReactor::Fail(const absl::Status& status) {
  MutexLock lock(&mutex_);
  decided_ = true;
  FinishOnce(status);
}

void RunsReactor::OnAlarm() {
  MutexLock lock(&mutex_);
  if (!finished_) Ask();
}

void RunsReactor::Ask() {
  asked_ = Clock::now();
  absl::StatusOr<std::vector<v1::Run>> changed = options_.changes();
  if (!changed.ok()) return FinishOnce(changed.status());
  untold_.assign(std::make_move_iterator(changed->begin()),
                 std::make_move_iterator(changed->end()));
  // The client is to learn at once that it is connected.
  const bool silent = absl::FromChrono(asked_ - written_) >= options_.keep_alive;
  std::exchange(first_, false) || silent || !untold_.empty() ? Write() : Await();
}

void RunsReactor::Write() {
  v1::WatchRunsResponse response;
  size_t bytes = kPageRestBytes;
  while (!untold_.empty()) {
    bytes += BytesInPage(untold_.front());
    if (bytes > kMaxPageBytes && response.runs_size() > 0) break;
    *response.add_runs() = std::move(untold_.front());
    untold_.pop_front();
  }
  const grpc::Slice slice(response.SerializeAsString());
  message_ = grpc::ByteBuffer(&slice, 1);
  written_ = Clock::now();
  StartWrite(&message_);
}

void RunsReactor::OnWriteDone(bool ok) {
  MutexLock lock(&mutex_);
  message_.Clear();
  if (!ok) return FinishOnce(absl::CancelledError());
  if (finished_) return;
  untold_.empty() ? Await() : Write();
}

void RunsReactor::Await() {
  const absl::Duration left = options_.interval - absl::FromChrono(Clock::now() - asked_);
  // gRPC makes it monotonic at once.
  alarm_.Set(absl::ToChronoTime(absl::Now() + left),
             [link = link_](bool) { link->Tell(&RunsReactor::OnAlarm); });
}

void RunsReactor::OnCancel() {
  MutexLock lock(&mutex_);
  canceled_ = true;
  if (decided_) FinishOnce(absl::CancelledError());
}

void RunsReactor::FinishOnce(const absl::Status& status) {
  if (std::exchange(finished_, true)) return;
  Finish(GrpcStatus(status));
}

void RunsReactor::OnDone() {
  link_->Detach();
  on_done_();
  delete this;
}

}  // namespace muster::service
