#include "service/log/run_log.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "service/events/event_block.h"

namespace muster::service {
namespace {

// What a closed log keeps for those who are about to read its end.
constexpr size_t kClosedTailBytes = 64 << 10;

// The part of a block after its first `events` events. Only the first block that a reader gets is
// ever cut.
grpc::Slice Rest(const grpc::Slice& block, size_t events) {
  if (events == 0) return block;
  const absl::string_view bytes(reinterpret_cast<const char*>(block.begin()), block.size());
  return SliceOf(std::string(bytes.substr(SkipEvents(bytes, events))));
}

}  // namespace

grpc::Slice SliceOf(std::string bytes) {
  if (bytes.capacity() > bytes.size() + bytes.size() / 4) bytes.shrink_to_fit();
  auto* owned = new std::string(std::move(bytes));
  return grpc::Slice(
      owned->data(), owned->size(), [](void* string) { delete static_cast<std::string*>(string); },
      owned);
}

RunLog::RunLog(std::string run_id, TailMemory* memory, size_t tail_bytes, uint64_t last_sequence)
    : run_id_(std::move(run_id)),
      memory_(memory),
      next_(last_sequence + 1),
      tail_limit_(tail_bytes),
      before_tail_(last_sequence),
      last_sequence_(last_sequence) {
  if (memory_ != nullptr) memory_->Enter(this);
}

RunLog::~RunLog() {
  if (memory_ == nullptr) return;
  memory_->Leave(this);  // first: nobody shrinks it any more
  memory_->Remove(kept_bytes_);
}

RunLog::Wakeups RunLog::Publish(std::vector<Block> blocks, bool last) {
  Wakeups wakeups;
  std::vector<Block> dropped;
  MutexLock lock(&mutex_);
  for (Block& block : blocks) {
    const size_t size = block.bytes.size();
    last_sequence_ = block.last_sequence;
    bytes_ += size;
    kept_bytes_ += size + kBlockOverhead;
    if (memory_ != nullptr) memory_->Add(size + kBlockOverhead);
    blocks_.push_back(std::move(block));
  }
  if (last && memory_ != nullptr) tail_limit_ = std::min(tail_limit_, kClosedTailBytes);
  closed_ = closed_ || last;
  dropped = DropTo(tail_limit_);
  TakeReady(&wakeups);
  return wakeups;
}

void RunLog::ShrinkTo(size_t bytes) {
  std::vector<Block> dropped;
  MutexLock lock(&mutex_);
  dropped = DropTo(bytes);
}

std::vector<RunLog::Block> RunLog::DropTo(size_t bytes) {
  std::vector<Block> dropped;
  size_t gone = 0;
  while (kept_bytes_ - gone > bytes) {
    gone += blocks_.front().bytes.size() + kBlockOverhead;
    before_tail_ = blocks_.front().last_sequence;
    dropped.push_back(std::move(blocks_.front()));
    blocks_.pop_front();
  }
  kept_bytes_ -= gone;
  if (memory_ != nullptr) memory_->Remove(gone);
  return dropped;
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
    if (after < before_tail_) {
      batch.behind = batch.more = true;
      return batch;
    }
    auto block = FirstAfter(after);
    if (block == blocks_.end() && !closed_) {
      WaitFor(bytes_ + 1, reader);
      return absl::nullopt;
    }
    if (block != blocks_.end()) {
      skip = after - (block == blocks_.begin() ? before_tail_ : std::prev(block)->last_sequence);
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

}  // namespace muster::service
