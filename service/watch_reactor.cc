#include "service/watch_reactor.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/types/optional.h"
#include "muster/v1/run_service.pb.h"
#include "service/grpc_status.h"

namespace muster::service {
namespace {

constexpr size_t kBatchBytes = 1 << 20;
// A write wakes two processes and takes the loops' place on their cores: with ten milliseconds, 200
// hosts behind a real sshd cost half as much again. A person does not notice forty.
constexpr absl::Duration kWriteInterval = absl::Milliseconds(40);
constexpr size_t kMuch = 64 << 10;

// `Run run = 2` of the response, to be joined to the events.
grpc::Slice EncodeRun(const Run& run) {
  v1::WatchRunResponse response;
  *response.mutable_run() = run.Snapshot();
  return grpc::Slice(response.SerializeAsString());
}

}  // namespace

class WatchReactor::Reader final : public LogReader {
 public:
  explicit Reader(WatchReactor* reactor) : reactor_(reactor) {}

  // The lock keeps the reactor from going while it is told.
  void OnLogGrown() override {
    MutexLock lock(&mutex_);
    if (reactor_ != nullptr) reactor_->OnGrown();
  }
  void OnAlarm() {
    MutexLock lock(&mutex_);
    if (reactor_ != nullptr) reactor_->OnAlarm();
  }
  void Detach() {
    MutexLock lock(&mutex_);
    reactor_ = nullptr;
  }

 private:
  Mutex mutex_;  // taken before the reactor's
  WatchReactor* reactor_ ABSL_GUARDED_BY(mutex_);
};

WatchReactor::WatchReactor(absl::AnyInvocable<void()> on_done) : on_done_(std::move(on_done)) {}

void WatchReactor::Watch(std::shared_ptr<Run> run, uint64_t after, bool cancel_on_disconnect) {
  MutexLock lock(&mutex_);
  decided_ = true;
  run_ = std::move(run);
  cancel_on_disconnect_ = cancel_on_disconnect;
  if (canceled_) return FinishOnce(grpc::Status::CANCELLED);
  reader_ = std::make_shared<Reader>(this);
  sequence_ = after;
  Next();
}

void WatchReactor::Fail(const absl::Status& status) {
  MutexLock lock(&mutex_);
  decided_ = true;
  FinishOnce(GrpcStatus(status));
}

void WatchReactor::Next() {
  if (finished_ || writing_) return;
  if (at_end_) return FinishOnce(grpc::Status::OK);
  if (Linger()) return;
  absl::optional<RunLog::Batch> batch = run_->log().Read(sequence_, kBatchBytes, reader_);
  if (!batch) {
    if (!first_) return;
    // The client is to learn at once that it is connected, and to what.
    batch.emplace();
    batch->last_sequence = sequence_;
  }
  sequence_ = batch->last_sequence;
  behind_ = batch->more;
  at_end_ = batch->at_end;
  if (first_ || at_end_) batch->slices.push_back(EncodeRun(*run_));
  first_ = false;
  last_write_ = absl::Now();
  writing_ = true;
  message_ = grpc::ByteBuffer(batch->slices.data(), batch->slices.size());
  StartWrite(&message_);
}

bool WatchReactor::Linger() {
  if (std::exchange(lingering_, false) || behind_) return false;
  const absl::Time until = last_write_ + kWriteInterval;
  if (absl::Now() >= until || !run_->log().NotifyAfter(kMuch, reader_)) return false;
  lingering_ = true;
  if (!std::exchange(alarm_set_, true)) {
    alarm_.Set(absl::ToChronoTime(until), [reader = reader_](bool) { reader->OnAlarm(); });
  }
  return true;
}

void WatchReactor::OnAlarm() {
  MutexLock lock(&mutex_);
  alarm_set_ = false;
  Next();
}

void WatchReactor::OnGrown() {
  MutexLock lock(&mutex_);
  Next();
}

void WatchReactor::OnWriteDone(bool ok) {
  MutexLock lock(&mutex_);
  writing_ = false;
  message_.Clear();
  if (!ok) return FinishOnce(grpc::Status::CANCELLED);
  Next();
}

void WatchReactor::OnCancel() {
  MutexLock lock(&mutex_);
  canceled_ = true;
  if (decided_) FinishOnce(grpc::Status::CANCELLED);
}

void WatchReactor::FinishOnce(const grpc::Status& status) {
  if (std::exchange(finished_, true)) return;
  Finish(status);
}

void WatchReactor::OnDone() {
  std::shared_ptr<Reader> reader;
  std::shared_ptr<Run> abandoned;
  {
    MutexLock lock(&mutex_);
    reader = std::move(reader_);
    if (cancel_on_disconnect_) abandoned = run_;
  }
  if (reader != nullptr) reader->Detach();
  if (abandoned != nullptr) abandoned->Cancel();
  on_done_();
  delete this;
}

}  // namespace muster::service
