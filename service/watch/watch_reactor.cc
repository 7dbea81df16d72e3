#include "service/watch/watch_reactor.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/types/optional.h"
#include "muster/v1/run_service.pb.h"
#include "proto/contract/grpc_status.h"
#include "service/watch/back_link.h"

namespace muster::service {
namespace {

constexpr size_t kBatchBytes = 1 << 20;
// Between writes, as EventView::interval; longer where so much comes that nobody reads it line by
// line: each write wakes five threads.
constexpr absl::Duration kInterval = absl::Milliseconds(40);
constexpr absl::Duration kLongInterval = absl::Milliseconds(100);
constexpr size_t kLongFrom = 32 << 10;  // the last write
constexpr size_t kMuch = 96 << 10;      // is sent before its time
constexpr size_t kNeverMuch = size_t{1} << 62;

// `Run run = 2` of the response, to be joined to the events.
grpc::Slice EncodeRun(const WatchedRun& run) {
  v1::WatchRunResponse response;
  *response.mutable_run() = run.Snapshot();
  return grpc::Slice(response.SerializeAsString());
}

// `uint64 last_sequence = 3` of the response.
grpc::Slice EncodePosition(uint64_t last_sequence) {
  v1::WatchRunResponse response;
  response.set_last_sequence(last_sequence);
  return grpc::Slice(response.SerializeAsString());
}

std::string Joined(const std::vector<grpc::Slice>& slices) {
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

}  // namespace

class WatchReactor::Reader final : public LogReader, public BackLink<WatchReactor> {
 public:
  using BackLink::BackLink;

  void OnLogGrown() override { Tell(&WatchReactor::OnGrown); }
};

WatchReactor::WatchReactor(absl::AnyInvocable<void()> on_done) : on_done_(std::move(on_done)) {}

void WatchReactor::Watch(std::shared_ptr<WatchedRun> run, const LogSource& source,
                         WatchOptions options) {
  MutexLock lock(&mutex_);
  decided_ = true;
  run_ = std::move(run);
  options_ = std::move(options);
  if (canceled_) return FinishOnce(grpc::Status::CANCELLED);
  if (options_.by_creator) run_->OnCreatorCame();
  reader_ = std::make_shared<Reader>(this);
  follower_ = std::make_unique<LogFollower>(source, run_->id(), run_->log(), options_.after);
  Next();
}

void WatchReactor::Fail(const absl::Status& status) {
  MutexLock lock(&mutex_);
  decided_ = true;
  FinishOnce(GrpcStatus(status));
}

void WatchReactor::Next() {
  if (finished_ || writing_) return;
  if (at_end_) return FinishView();
  if (Linger()) return;
  absl::StatusOr<absl::optional<RunLog::Batch>> batch = ReadOn();
  if (!batch.ok()) return FinishOnce(GrpcStatus(batch.status()));
  if (*batch) return Write(**std::move(batch));
  AwaitIdle();
}

void WatchReactor::AwaitIdle() {
  if (std::exchange(idle_set_, true)) return;
  const absl::Duration passed = absl::FromChrono(std::chrono::steady_clock::now() - *last_write_);
  // gRPC makes it monotonic at once.
  idle_.Set(absl::ToChronoTime(absl::Now() + options_.keep_alive - passed),
            [reader = reader_](bool) { reader->Tell(&WatchReactor::OnIdle); });
}

void WatchReactor::OnIdle() {
  MutexLock lock(&mutex_);
  idle_set_ = false;
  if (finished_ || writing_) return;  // the end of the write sees to it
  const absl::Duration passed = absl::FromChrono(std::chrono::steady_clock::now() - *last_write_);
  passed < options_.keep_alive ? AwaitIdle() : Write(RunLog::Batch());
}

void WatchReactor::FinishView() {
  std::string rest = options_.view != nullptr ? options_.view->Finish() : "";
  if (rest.empty()) return FinishOnce(grpc::Status::OK);
  RunLog::Batch batch;
  batch.slices.push_back(SliceOf(std::move(rest)));
  Write(std::move(batch));
}

absl::StatusOr<absl::optional<RunLog::Batch>> WatchReactor::ReadOn() {
  while (true) {
    if (options_.view != nullptr && !options_.view->wants_all_events()) SkipToNewest();
    auto batch = follower_->Read(kBatchBytes, reader_);
    if (!batch.ok()) return batch;
    if (!*batch) {
      if (!first_) return batch;
      // The client is to learn at once that it is connected, and to what.
      batch->emplace();
      (*batch)->last_sequence = follower_->sequence();
    }
    behind_ = (*batch)->more;
    at_end_ = (*batch)->at_end;
    if (Show(&**batch)) return batch;
  }
}

// Stays before the newest event: who has read it waits for the next one.
void WatchReactor::SkipToNewest() {
  const std::shared_ptr<RunLog> log = run_->log();
  const uint64_t newest = log == nullptr ? run_->Snapshot().last_sequence() : log->last_sequence();
  if (newest > 0) follower_->SkipTo(newest - 1);
}

bool WatchReactor::Show(RunLog::Batch* batch) {
  EventView* const view = options_.view.get();
  if (view == nullptr) return true;
  std::string response = view->Feed(Joined(batch->slices), batch->more);
  if (at_end_) response += view->Finish();
  batch->slices.clear();
  const bool send = first_ || at_end_ || view->wants_run() || !response.empty();
  if (!response.empty()) batch->slices.push_back(SliceOf(std::move(response)));
  return send;
}

void WatchReactor::Write(RunLog::Batch batch) {
  const bool wants_run = options_.view != nullptr && options_.view->wants_run();
  if (first_ || at_end_ || wants_run) batch.slices.push_back(EncodeRun(*run_));
  batch.slices.push_back(EncodePosition(follower_->sequence()));
  first_ = false;
  last_write_ = std::chrono::steady_clock::now();
  writing_ = true;
  message_ = grpc::ByteBuffer(batch.slices.data(), batch.slices.size());
  last_write_bytes_ = message_.Length();
  StartWrite(&message_);
}

bool WatchReactor::Linger() {
  if (std::exchange(lingering_, false) || behind_) return false;
  const EventView* const view = options_.view.get();
  if (!last_write_) return false;
  const absl::Duration passed = absl::FromChrono(std::chrono::steady_clock::now() - *last_write_);
  const absl::Duration interval = view != nullptr                 ? view->interval()
                                  : last_write_bytes_ < kLongFrom ? kInterval
                                                                  : kLongInterval;
  const absl::Duration left = interval - passed;
  const size_t much = view != nullptr && view->wants_run() ? kNeverMuch : kMuch;
  if (left <= absl::ZeroDuration() || !follower_->NotifyAfter(much, reader_)) return false;
  lingering_ = true;
  if (!std::exchange(alarm_set_, true)) {
    // gRPC makes it monotonic at once.
    alarm_.Set(absl::ToChronoTime(absl::Now() + left),
               [reader = reader_](bool) { reader->Tell(&WatchReactor::OnAlarm); });
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
  std::shared_ptr<WatchedRun> abandoned;
  {
    MutexLock lock(&mutex_);
    reader = std::move(reader_);
    if (options_.by_creator && reader != nullptr) abandoned = run_;
  }
  if (reader != nullptr) reader->Detach();
  if (abandoned != nullptr) abandoned->OnCreatorLeft();
  on_done_();
  delete this;
}

}  // namespace muster::service
