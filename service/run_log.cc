#include "service/run_log.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace muster::service {
namespace {

// Hands the string to gRPC without a copy.
grpc::Slice SliceOf(std::string bytes) {
  auto* owned = new std::string(std::move(bytes));
  return grpc::Slice(
      owned->data(), owned->size(), [](void* string) { delete static_cast<std::string*>(string); },
      owned);
}

// The part of a block after its first `events` events. Only the first block that a reader gets is
// ever cut.
grpc::Slice Rest(const grpc::Slice& block, size_t events) {
  if (events == 0) return block;
  const absl::string_view bytes(reinterpret_cast<const char*>(block.begin()), block.size());
  return SliceOf(std::string(bytes.substr(SkipEvents(bytes, events))));
}

}  // namespace

RunLog::Wakeups RunLog::Append(EventBlock block, absl::Time time, bool last) {
  Wakeups wakeups;
  if (block.empty() && !last) return wakeups;
  MutexLock lock(&mutex_);
  if (!block.empty()) {
    block.Stamp(last_sequence_ + 1, time);
    last_sequence_ += block.count();
    bytes_ += block.size();
    blocks_.push_back({last_sequence_, SliceOf(block.Take())});
  }
  closed_ = closed_ || last;
  TakeReady(&wakeups);
  return wakeups;
}

void RunLog::TakeReady(Wakeups* wakeups) {
  const size_t bytes = closed_ ? SIZE_MAX : bytes_;
  const auto ready = std::partition(
      waiting_.begin(), waiting_.end(),
      [bytes](const std::shared_ptr<LogReader>& reader) { return bytes < reader->wanted_bytes_; });
  for (auto it = ready; it != waiting_.end(); ++it) {
    (*it)->waiting_ = false;
    wakeups->readers_.push_back(std::move(*it));
  }
  waiting_.erase(ready, waiting_.end());
}

bool RunLog::NotifyAfter(size_t bytes, const std::shared_ptr<LogReader>& reader) {
  MutexLock lock(&mutex_);
  if (closed_) return false;
  WaitFor(bytes_ + bytes, reader);
  return true;
}

void RunLog::WaitFor(size_t log_bytes, const std::shared_ptr<LogReader>& reader) {
  reader->wanted_bytes_ = log_bytes;
  if (!std::exchange(reader->waiting_, true)) waiting_.push_back(reader);
}

std::deque<RunLog::Block>::const_iterator RunLog::FirstAfter(uint64_t sequence) const {
  return std::upper_bound(
      blocks_.begin(), blocks_.end(), sequence,
      [](uint64_t wanted, const Block& block) { return wanted < block.last_sequence; });
}

absl::optional<RunLog::Batch> RunLog::Read(uint64_t after, size_t max_bytes,
                                           const std::shared_ptr<LogReader>& reader) {
  Batch batch;
  batch.last_sequence = after;
  uint64_t skip = 0;  // events of the first block
  {
    MutexLock lock(&mutex_);
    auto block = FirstAfter(after);
    if (block == blocks_.end() && !closed_) {
      WaitFor(bytes_ + 1, reader);
      return absl::nullopt;
    }
    if (block != blocks_.end()) {
      skip = after - (block == blocks_.begin() ? 0 : std::prev(block)->last_sequence);
    }
    size_t bytes = 0;
    for (; block != blocks_.end(); ++block) {
      bytes += block->bytes.size();
      if (bytes > max_bytes && !batch.slices.empty()) break;
      batch.slices.push_back(block->bytes);
      batch.last_sequence = block->last_sequence;
    }
    batch.more = block != blocks_.end();
    batch.at_end = closed_ && !batch.more;
  }
  if (!batch.slices.empty()) batch.slices.front() = Rest(batch.slices.front(), skip);
  return batch;
}

uint64_t RunLog::last_sequence() const {
  MutexLock lock(&mutex_);
  return last_sequence_;
}

size_t RunLog::bytes() const {
  MutexLock lock(&mutex_);
  return bytes_;
}

}  // namespace muster::service
