#include "service/journal/journal.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "service/journal/crash_point.h"

namespace muster::service {
namespace {

// Blocks of a few hosts each are joined: a frame, a slice and their memory cost more than a copy.
// Not to those that are big already: to grow they would move.
constexpr size_t kSmallBlock = 4 << 10;
constexpr size_t kJoinedBlock = 8 << 10;

constexpr absl::Duration kNow = absl::ZeroDuration();
constexpr absl::Duration kAnyTime = absl::InfiniteDuration();

}  // namespace

bool Journal::stalled() const {
  if (!held_) return !pending_.empty() || !logs_.empty();
  return absl::c_any_of(logs_, [](const PendingLog& log) { return log.failure.ok(); });
}

bool Journal::Work::empty() const {
  return pieces.empty() && !to_commit() && flushed.empty() && forgotten.empty();
}

Journal::Journal(RunStore* store, TailMemory* tails, JournalHooks hooks, const JournalMarks& marks)
    : store_(store), tails_(tails), hooks_(std::move(hooks)), marks_(marks) {}

Journal::~Journal() {
  Take();
  FailAll(absl::UnavailableError("musterd is stopping"));
}

// --- Queueing

template <typename Add>
void Journal::Queue(absl::Duration patience, size_t bytes, Add add) {
  bool wake;
  {
    MutexLock lock(&mutex_);
    const bool was_empty = queued_.empty();
    add(&queued_);
    bytes_ += bytes;
    new_bytes_ += bytes;
    if (new_bytes_ >= marks_.urgent_bytes) patience = kNow;
    wake = was_empty || patience < queued_.patience;
    queued_.patience = std::min(queued_.patience, patience);
    // With the lock, so that who is told hears it in the right order.
    if (!pressure_ && bytes_ >= marks_.high_bytes) {
      pressure_ = true;
      if (hooks_.pressure) hooks_.pressure(true);
    }
  }
  if (wake && hooks_.wake) hooks_.wake(patience);
}

void Journal::AddRun(NewRun run, std::shared_ptr<RunLog> log, EventBlock first, absl::Time time,
                     Done done) {
  const size_t bytes = first.size();
  Queue(kNow, bytes, [&](Work* work) {
    work->added.push_back({std::move(run), log, std::move(done)});
    if (!first.empty()) work->pieces.push_back({std::move(log), std::move(first), time, false});
  });
}

void Journal::Append(std::shared_ptr<RunLog> log, EventBlock block, absl::Time time) {
  if (block.empty()) return;
  const size_t bytes = block.size();
  Queue(kAnyTime, bytes, [&](Work* work) {
    work->pieces.push_back({std::move(log), std::move(block), time, false});
  });
}

void Journal::Start(std::shared_ptr<RunLog> log, std::vector<uint32_t> host_indexes,
                    absl::Duration patience, Done done) {
  Queue(patience, 0, [&](Work* work) {
    Starting hosts{log->run_id(), std::move(host_indexes)};
    work->starting.push_back({std::move(hosts), std::move(log), std::move(done)});
  });
}

void Journal::End(EndedRun run, std::shared_ptr<RunLog> log, EventBlock last, absl::Time time,
                  Done done) {
  const size_t bytes = last.size();
  Queue(kNow, bytes, [&](Work* work) {
    work->pieces.push_back({log, std::move(last), time, true});
    work->ended.push_back({std::move(run), std::move(log), std::move(done)});
  });
}

void Journal::Flush(Done done) {
  Queue(kNow, 0, [&](Work* work) { work->flushed.push_back(std::move(done)); });
}

void Journal::Forget(std::string run_id, Done done) {
  Queue(done == nullptr ? kAnyTime : kNow, 0, [&](Work* work) {
    work->forgotten.push_back({std::move(run_id), std::move(done)});
  });
}

absl::Status Journal::health() const {
  MutexLock lock(&mutex_);
  return health_;
}

// --- Writing

void Journal::ForgetRun(Forgotten forgotten) {
  absl::Status status = fence_status_;
  if (status.ok()) status = store_->Forget(store_->fence(), forgotten.run_id);
  if (forgotten.done != nullptr) forgotten.done(std::move(status));
}

absl::Status Journal::Turn() {
  Take();
  if (!fence_status_.ok()) {
    FailAll(fence_status_);
    return fence_status_;
  }
  absl::Status status;
  {
    Wakeups wakeups;  // one for a log and turn, given when all is written
    status = Write(&wakeups);
    tails_->Trim();
  }
  Note(status.ok() ? sync_status_ : status);
  return status;
}

void Journal::Take() {
  Work taken;
  {
    MutexLock lock(&mutex_);
    taken = std::exchange(queued_, Work());
    new_bytes_ = 0;
  }
  for (Forgotten& forgotten : taken.forgotten) ForgetRun(std::move(forgotten));
  DropLate(&taken);
  for (Piece& piece : taken.pieces) {
    if (piece.log->lost().ok() && !piece.log->ending()) {
      Number(std::move(piece));
    } else {
      Unqueue(piece.block.size());
    }
  }
  for (const Ended& ended : taken.ended) ended.log->NoteEnd();
  const auto move_all = [](auto* from, auto* to) {
    for (auto& each : *from) to->push_back(std::move(each));
  };
  move_all(&taken.added, &pending_.added);
  move_all(&taken.starting, &pending_.starting);
  move_all(&taken.ended, &pending_.ended);
  move_all(&taken.flushed, &pending_.flushed);
  FailLost();
}

void Journal::DropLate(Work* taken) {
  const auto late = std::stable_partition(taken->starting.begin(), taken->starting.end(),
                                          [](const Started& one) { return !one.log->ending(); });
  std::vector<Started> dropped(std::make_move_iterator(late),
                               std::make_move_iterator(taken->starting.end()));
  taken->starting.erase(late, taken->starting.end());
  for (Started& one : dropped) {
    one.done(absl::FailedPreconditionError(
        absl::StrCat("run ", one.hosts.run_id, " has ended: no command of it is started")));
  }
}

void Journal::Number(Piece piece) {
  const auto [it, added] = log_indexes_.try_emplace(piece.log.get(), logs_.size());
  if (added) logs_.emplace_back().log = piece.log;
  PendingLog& log = logs_[it->second];
  log.last = log.last || piece.last;
  log.bytes += piece.block.size();
  if (piece.block.empty()) return;
  const uint64_t first = piece.log->Number(piece.block.count());
  piece.block.Stamp(first, piece.time);
  const bool join = !piece.last && !log.blocks.empty() && piece.block.size() <= kSmallBlock &&
                    log.blocks.back().block.size() + piece.block.size() <= kJoinedBlock;
  if (join) {
    log.blocks.back().block.Join(piece.block);
  } else {
    log.blocks.push_back({first, std::move(piece.block)});
  }
}

// A log that cannot be written holds up its own run only: what is to be committed of that waits, as
// nothing is told before the events that lead to it. Where nothing at all can be written, all wait.
absl::Status Journal::Write(Wakeups* wakeups) {
  const bool was_held = std::exchange(held_, false);
  wrote_ = false;
  for (PendingLog& log : logs_) log.failure = absl::OkStatus();
  absl::Status append = AppendLogs(/*long_ones=*/false, wakeups);
  absl::Status status = absl::IsAborted(append) ? append : absl::OkStatus();
  Work held = TakeHeld();
  if (status.ok() && pending_.to_commit()) {
    status = Commit(wakeups);
    wrote_ = wrote_ || status.ok();
  }
  GiveBack(std::move(held), append);
  if (status.ok()) append.Update(AppendLogs(/*long_ones=*/true, wakeups));
  ForgetAppended();
  AnswerFlushed(status.ok() ? append : status);
  if (!status.ok() || append.ok()) return status;
  held_ = wrote_ || was_held;
  return held_ ? absl::OkStatus() : append;
}

// Of runs whose log could not be appended to in this turn.
Journal::Work Journal::TakeHeld() {
  absl::flat_hash_map<const RunLog*, absl::Status> failed;
  for (const PendingLog& log : logs_) {
    if (log.log != nullptr && !log.failure.ok()) failed[log.log.get()] = log.failure;
  }
  Work held;
  const auto take = [&](auto* from, auto* to) {
    const auto others = std::stable_partition(from->begin(), from->end(), [&](const auto& one) {
      return !failed.contains(one.log.get());
    });
    to->assign(std::make_move_iterator(others), std::make_move_iterator(from->end()));
    from->erase(others, from->end());
  };
  take(&pending_.added, &held.added);
  take(&pending_.starting, &held.starting);
  take(&pending_.ended, &held.ended);
  return held;
}

// Runs that are new are refused: their callers are better told than kept waiting.
void Journal::GiveBack(Work held, const absl::Status& failure) {
  const auto move_all = [](auto* from, auto* to) {
    for (auto& each : *from) to->push_back(std::move(each));
  };
  move_all(&held.starting, &pending_.starting);
  move_all(&held.ended, &pending_.ended);
  if (held.added.empty()) return;
  for (Added& added : held.added) Refuse(std::move(added), failure);
  FailLost();
}

// Much of one log, which nobody waits for.
bool Journal::IsLong(const PendingLog& pending) const {
  return !pending.last && pending_.flushed.empty() && pending.bytes > marks_.turn_bytes;
}

// The first failure; the others are tried all the same.
absl::Status Journal::AppendLogs(bool long_ones, Wakeups* wakeups) {
  absl::Status first;
  for (PendingLog& log : logs_) {
    if (log.log == nullptr || IsLong(log) != long_ones) continue;
    absl::Status status = AppendLog(&log, wakeups);
    wrote_ = wrote_ || status.ok();
    if (status.ok()) continue;
    log.failure = status;
    first.Update(status);
    if (absl::IsAborted(status)) break;  // another daemon has taken over
  }
  return first;
}

// What is left of long logs is the next turn's.
void Journal::ForgetAppended() {
  const auto appended = [](const PendingLog& log) { return log.log == nullptr; };
  logs_.erase(std::remove_if(logs_.begin(), logs_.end(), appended), logs_.end());
  log_indexes_.clear();
  for (size_t i = 0; i < logs_.size(); ++i) log_indexes_[logs_[i].log.get()] = i;
}

// How many of its blocks have their turn: all, but where it is long.
size_t Journal::BlocksOfTurn(const PendingLog& pending) const {
  if (!IsLong(pending)) return pending.blocks.size();
  size_t count = 0;
  for (size_t bytes = 0; count < pending.blocks.size() && bytes < marks_.turn_bytes; ++count) {
    bytes += pending.blocks[count].block.size();
  }
  return count;
}

Journal::PendingLog Journal::TakeFront(size_t count, PendingLog* pending) {
  if (count == pending->blocks.size()) return std::exchange(*pending, PendingLog());
  PendingLog front;
  front.log = pending->log;
  const auto end = pending->blocks.begin() + static_cast<std::ptrdiff_t>(count);
  std::move(pending->blocks.begin(), end, std::back_inserter(front.blocks));
  pending->blocks.erase(pending->blocks.begin(), end);
  for (const NumberedBlock& each : front.blocks) front.bytes += each.block.size();
  pending->bytes -= front.bytes;
  return front;
}

absl::Status Journal::AppendLog(PendingLog* pending, Wakeups* wakeups) {
  const size_t count = BlocksOfTurn(*pending);
  std::vector<LogBlock> blocks;
  blocks.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const NumberedBlock& each = pending->blocks[i];
    blocks.push_back(
        {each.first_sequence, static_cast<uint32_t>(each.block.count()), each.block.bytes()});
  }
  if (!blocks.empty()) {
    PassCrashPoint(CrashPoint::kAppendBefore);
    const absl::Status status = store_->Append(store_->fence(), pending->log->run_id(), blocks);
    if (!status.ok()) return status;
    PassCrashPoint(CrashPoint::kAppendAfter);
    unsynced_ = true;
  }
  PendingLog written = TakeFront(count, pending);
  Unqueue(written.bytes);
  Publish(&written, wakeups);
  return absl::OkStatus();
}

RunLog::Block Journal::Share(NumberedBlock* block) {
  const uint64_t last = block->first_sequence + block->block.count() - 1;
  return {last, SliceOf(block->block.Take())};
}

// Nobody else knows it: the end is numbered here.
void Journal::NoteLastSequence(const PendingLog& pending) {
  if (pending.blocks.empty()) return;
  const NumberedBlock& last = pending.blocks.back();
  for (Ended& ended : pending_.ended) {
    if (ended.log != pending.log) continue;
    ended.run.run.set_last_sequence(last.first_sequence + last.block.count() - 1);
  }
}

// All but the last block of a log that ends, which waits for the commit.
void Journal::Publish(PendingLog* pending, Wakeups* wakeups) {
  std::vector<RunLog::Block> blocks;
  const size_t held = pending->last && !pending->blocks.empty() ? 1 : 0;
  const auto end = pending->blocks.end() - held;
  for (auto each = pending->blocks.begin(); each != end; ++each) blocks.push_back(Share(&*each));
  pending->blocks.erase(pending->blocks.begin(), end);
  if (!blocks.empty()) wakeups->push_back(pending->log->Publish(std::move(blocks)));
  if (pending->last) {
    NoteLastSequence(*pending);
    ending_.push_back(std::move(*pending));
  }
  *pending = PendingLog();
}

absl::Status Journal::CommitToStore(const JournalCommit& commit) {
  if (!commit.added.empty()) PassCrashPoint(CrashPoint::kAddedBefore);
  if (!commit.starting.empty()) PassCrashPoint(CrashPoint::kStartingBefore);
  if (!commit.ended.empty()) PassCrashPoint(CrashPoint::kEndedBefore);
  const absl::Status status = store_->Commit(store_->fence(), commit);
  if (!status.ok()) return status;
  if (!commit.added.empty()) PassCrashPoint(CrashPoint::kAddedAfter);
  if (!commit.starting.empty()) PassCrashPoint(CrashPoint::kStartingAfter);
  if (!commit.ended.empty()) PassCrashPoint(CrashPoint::kEndedAfter);
  return status;
}

// An end is answered before its last event can be read: who reads it finds the run over.
absl::Status Journal::Commit(Wakeups* wakeups) {
  absl::Status status = CommitPending();
  if (absl::IsAlreadyExists(status)) {
    status = CommitEachAdded();
    if (status.ok() && pending_.to_commit()) status = CommitPending();
  }
  if (!status.ok()) return status;
  Work written = std::exchange(pending_, Work());
  pending_.flushed = std::move(written.flushed);  // until all is appended
  for (Added& added : written.added) added.done(absl::OkStatus());
  for (Started& started : written.starting) started.done(absl::OkStatus());
  for (Ended& ended : written.ended) ended.done(absl::OkStatus());
  PublishEnds(wakeups);
  return status;
}

// Results of many hosts are lent to the store, not copied.
absl::Status Journal::CommitPending() {
  JournalCommit commit;
  for (const Added& added : pending_.added) commit.added.push_back(added.run);
  for (const Started& started : pending_.starting) commit.starting.push_back(started.hosts);
  for (Ended& ended : pending_.ended) commit.ended.push_back(std::move(ended.run));
  absl::Status status = CommitToStore(commit);
  for (size_t i = 0; i < commit.ended.size(); ++i) {
    pending_.ended[i].run = std::move(commit.ended[i]);
  }
  return status;
}

// To find out which of them exist.
absl::Status Journal::CommitEachAdded() {
  while (!pending_.added.empty()) {
    JournalCommit one;
    one.added.push_back(pending_.added.front().run);
    const absl::Status status = CommitToStore(one);
    if (!status.ok() && !absl::IsAlreadyExists(status)) return status;
    Added added = std::move(pending_.added.front());
    pending_.added.erase(pending_.added.begin());
    if (status.ok()) {
      added.done(status);
    } else {
      Refuse(std::move(added), status);
    }
  }
  FailLost();
  return absl::OkStatus();
}

void Journal::PublishEnds(Wakeups* wakeups) {
  if (ending_.empty()) return;
  PassCrashPoint(CrashPoint::kPublishEndBefore);
  for (PendingLog& ending : ending_) {
    std::vector<RunLog::Block> blocks;
    for (NumberedBlock& each : ending.blocks) blocks.push_back(Share(&each));
    wakeups->push_back(ending.log->Publish(std::move(blocks), true));
  }
  ending_.clear();
  PassCrashPoint(CrashPoint::kPublishEndAfter);
}

void Journal::Unqueue(size_t bytes) {
  MutexLock lock(&mutex_);
  bytes_ -= bytes;
  if (!pressure_ || bytes_ > marks_.low_bytes) return;
  pressure_ = false;
  if (hooks_.pressure) hooks_.pressure(false);
}

// --- When it cannot be written

void Journal::Note(const absl::Status& status) {
  {
    MutexLock lock(&mutex_);
    health_ = status;
  }
  if (status.ok()) return;
  // Their callers are better told than kept waiting.
  FailAdded(status);
  AnswerFlushed(status);
  if (!absl::IsAborted(status)) return;
  fence_status_ = status;
  FailAll(status);
  if (hooks_.fenced) hooks_.fenced(status);
}

void Journal::AnswerFlushed(const absl::Status& status) {
  for (Done& done : std::exchange(pending_.flushed, {})) done(status);
}

void Journal::FailAdded(const absl::Status& status) {
  for (Added& added : std::exchange(pending_.added, {})) Refuse(std::move(added), status);
  FailLost();
}

// A run begins before it is added for good: its hosts' starts and even its end may be here, too,
// and the store must not see them.
void Journal::Refuse(Added added, const absl::Status& status) {
  added.log->Lose(status);
  DropLog(added.log.get());
  added.done(status);
}

void Journal::DropLog(const RunLog* log) {
  for (PendingLog& pending : logs_) {
    if (pending.log.get() != log) continue;
    Unqueue(pending.bytes);
    log_indexes_.erase(log);
    pending = PendingLog();
  }
  const auto dropped = [log](const PendingLog& ending) { return ending.log.get() == log; };
  ending_.erase(std::remove_if(ending_.begin(), ending_.end(), dropped), ending_.end());
}

void Journal::FailLost() {
  FailLostOf(&pending_.starting);
  FailLostOf(&pending_.ended);
}

template <typename Asked>
void Journal::FailLostOf(std::vector<Asked>* asked) {
  const auto lost = std::stable_partition(asked->begin(), asked->end(),
                                          [](const Asked& one) { return one.log->lost().ok(); });
  std::vector<Asked> failed(std::make_move_iterator(lost), std::make_move_iterator(asked->end()));
  asked->erase(lost, asked->end());
  for (Asked& one : failed) one.done(one.log->lost());
}

void Journal::FailAll(const absl::Status& status) {
  FailAdded(status);
  AnswerFlushed(status);
  for (PendingLog& pending : logs_) Unqueue(pending.bytes);
  logs_.clear();
  log_indexes_.clear();
  ending_.clear();
  Work failed = std::exchange(pending_, Work());
  for (Started& started : failed.starting) started.done(status);
  for (Ended& ended : failed.ended) ended.done(status);
}

absl::Status Journal::Sync() {
  if (!unsynced_ || !fence_status_.ok()) return fence_status_;
  PassCrashPoint(CrashPoint::kSyncBefore);
  sync_status_ = store_->Sync(store_->fence());
  PassCrashPoint(CrashPoint::kSyncAfter);
  if (sync_status_.ok()) unsynced_ = false;
  if (!sync_status_.ok() || !stalled()) Note(sync_status_);
  return sync_status_;
}

}  // namespace muster::service
