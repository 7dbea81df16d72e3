#include "service/log/log_follower.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "service/events/event_block.h"
#include "ssh_engine/base/mutex.h"

namespace muster::service {

// Outlives the follower for as long as it is read.
struct LogFollower::Fetch {
  Mutex mutex;
  absl::optional<absl::StatusOr<LogPart>> part ABSL_GUARDED_BY(mutex);
};

LogFollower::LogFollower(LogSource source, std::string run_id, std::shared_ptr<RunLog> log,
                         uint64_t after)
    : source_(source), run_id_(std::move(run_id)), log_(std::move(log)), sequence_(after) {}

absl::StatusOr<absl::optional<RunLog::Batch>> LogFollower::Read(
    size_t max_bytes, const std::shared_ptr<LogReader>& reader) {
  if (fetch_ == nullptr && log_ != nullptr) {
    absl::optional<RunLog::Batch> batch = log_->Read(sequence_, max_bytes, reader);
    if (!batch || !batch->behind) {
      if (batch) sequence_ = batch->last_sequence;
      return batch;
    }
  }
  return ReadStore(std::min(max_bytes, kStoreBytes), reader);
}

absl::StatusOr<absl::optional<RunLog::Batch>> LogFollower::ReadStore(
    size_t max_bytes, const std::shared_ptr<LogReader>& reader) {
  if (fetch_ == nullptr) {
    StartFetch(max_bytes, reader);
    return absl::optional<RunLog::Batch>();
  }
  absl::optional<absl::StatusOr<LogPart>> part;
  {
    MutexLock lock(&fetch_->mutex);
    part = std::exchange(fetch_->part, absl::nullopt);
  }
  if (!part) return absl::optional<RunLog::Batch>();
  fetch_ = nullptr;
  if (!part->ok()) return part->status();
  absl::StatusOr<RunLog::Batch> batch = BatchOf(*std::move(*part));
  if (!batch.ok()) return batch.status();
  return absl::optional<RunLog::Batch>(*std::move(batch));
}

void LogFollower::StartFetch(size_t max_bytes, std::shared_ptr<LogReader> reader) {
  fetch_ = std::make_shared<Fetch>();
  source_.helpers->Run([fetch = fetch_, reader = std::move(reader), store = source_.store,
                        run_id = run_id_, after = sequence_, max_bytes] {
    absl::StatusOr<LogPart> part = store->Read(run_id, after, max_bytes);
    {
      MutexLock lock(&fetch->mutex);
      fetch->part = std::move(part);
    }
    reader->OnLogGrown();
  });
}

// The store has the last event of a run somewhat before its end is durable, when nobody is to see
// it yet: what has not been published is cut off.
absl::StatusOr<RunLog::Batch> LogFollower::BatchOf(LogPart part) {
  RunLog::Batch batch;
  batch.last_sequence = std::max(sequence_, part.last_sequence);
  if (log_ != nullptr) {
    const uint64_t published = log_->last_sequence();
    if (part.last_sequence > published) {
      part.bytes.resize(SkipEvents(part.bytes, published - sequence_));
      batch.last_sequence = published;
    }
    if (part.bytes.empty()) {
      return absl::DataLossError(absl::StrCat("the log of run ", run_id_, " ends with event ",
                                              sequence_, " in the store; it had ", published));
    }
  }
  batch.more = log_ != nullptr || part.more;
  batch.at_end = !batch.more;
  if (!part.bytes.empty()) batch.slices.push_back(SliceOf(std::move(part.bytes)));
  sequence_ = batch.last_sequence;
  return batch;
}

void LogFollower::SkipTo(uint64_t sequence) {
  if (fetch_ == nullptr) sequence_ = std::max(sequence_, sequence);
}

bool LogFollower::NotifyAfter(size_t bytes, const std::shared_ptr<LogReader>& reader) {
  return fetch_ == nullptr && log_ != nullptr && log_->NotifyAfter(bytes, reader);
}

}  // namespace muster::service
