// Where everything that a run must not forget is queued for the store.
#ifndef SERVICE_JOURNAL_JOURNAL_H_
#define SERVICE_JOURNAL_JOURNAL_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/events/event_block.h"
#include "service/log/run_log.h"
#include "service/log/tail_memory.h"
#include "service/store/run_store.h"
#include "ssh_engine/base/mutex.h"

namespace muster::service {

// What others do to help; each may be null. None may block or call the journal.
struct JournalHooks {
  // Something was queued: it can wait for so long, or for any time (InfiniteDuration). Called where
  // nothing was queued, or only what could wait longer. Any thread.
  std::function<void(absl::Duration patience)> wake;
  // True: stop reading from hosts, the disk is slower than they are. False: go on. Any thread.
  std::function<void(bool stop)> pressure;
  // Another daemon has taken the store over: this one must stop. Once, from Turn.
  std::function<void(const absl::Status&)> fenced;
};

struct JournalMarks {
  size_t urgent_bytes = 1 << 20;  // queued, from which on it is not put off
  // Queued: pressure, and none any more. What is queued, others wait for, whose command is to be
  // started: some tens of milliseconds.
  size_t high_bytes = 16 << 20;
  size_t low_bytes = 4 << 20;
  // Of a log in one turn, as long as nobody waits for more of it: others come in between.
  size_t turn_bytes = 4 << 20;
};

// Queues without blocking, from any thread; Turn and Sync, from one thread (JournalThread), write
// it. Nothing is seen by a log's readers before the store has it. A run's events keep the order of
// the calls. Has no thread and no clock. The store must outlive it; what still waits when it is
// destroyed is answered UNAVAILABLE.
class Journal {
 public:
  // OK: durable. Called from Turn, with no lock held; may call the journal, must not block.
  using Done = absl::AnyInvocable<void(absl::Status)>;

  Journal(RunStore* store, TailMemory* tails, JournalHooks hooks, const JournalMarks& marks = {});
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // A run, with its first events. Anything but OK: there is no such run, and its log is lost, with
  // all that was or will be appended to it, its end included, which gets the same answer.
  void AddRun(NewRun run, std::shared_ptr<RunLog> log, EventBlock first, absl::Time time,
              Done done);
  void Append(std::shared_ptr<RunLog> log, EventBlock block, absl::Time time);
  // Their command may be requested once this is done: not before, and not where it failed. While
  // nothing can be written, it waits. `patience`: so long it may wait for others, whom the same
  // commit serves. Of a run that could not be added, it gets the same answer.
  void Start(std::shared_ptr<RunLog> log, std::vector<uint32_t> host_indexes,
             absl::Duration patience, Done done);
  // Closes the log: what is appended after this call may be dropped; Start is FAILED_PRECONDITION,
  // since a store that refuses what is of one run would hold up all. The run's last_sequence is
  // filled in, and `last` is published when the end is durable.
  void End(EndedRun run, std::shared_ptr<RunLog> log, EventBlock last, absl::Time time, Done done);

  // Once all that was queued before is in the store, so that the end of this process does not undo
  // it. Anything but OK: it is tried again, but who waits is told.
  void Flush(Done done);

  // Forgets a run that is over. Tried once: where it fails, it is to be asked for again. `done`,
  // which may be null, is told when it is durable; without, it is done some time.
  void Forget(std::string run_id, Done done = nullptr);

  // Why nothing can be written at the moment, if so. Any thread.
  absl::Status health() const;

  // --- From one thread

  // Writes all that is queued. On failure it keeps what it has, but for added runs, for the next
  // turn. Where the log of some runs cannot be written, only they are kept (held).
  absl::Status Turn();
  // Makes durable what was written; nothing to do where nothing was.
  absl::Status Sync();
  // Whether there is something for Sync.
  bool unsynced() const { return unsynced_; }
  // Whether the last turn has left something, but for what is held.
  bool stalled() const;
  // Whether it has left what belongs to runs whose log cannot be written: to be tried again later.
  bool held() const { return held_; }

 private:
  struct Piece {
    std::shared_ptr<RunLog> log;
    EventBlock block;
    absl::Time time;
    bool last = false;
  };
  struct Added {
    NewRun run;
    std::shared_ptr<RunLog> log;
    Done done;
  };
  struct Started {
    Starting hosts;
    std::shared_ptr<RunLog> log;
    Done done;
  };
  struct Ended {
    EndedRun run;
    std::shared_ptr<RunLog> log;
    Done done;
  };
  struct Forgotten {
    std::string run_id;
    Done done;
  };
  // What is queued, or taken and not yet written.
  struct Work {
    std::vector<Piece> pieces;
    std::vector<Added> added;
    std::vector<Started> starting;
    std::vector<Ended> ended;
    std::vector<Done> flushed;
    std::vector<Forgotten> forgotten;
    absl::Duration patience = absl::InfiniteDuration();
    bool empty() const;
    bool to_commit() const { return !added.empty() || !starting.empty() || !ended.empty(); }
  };
  struct NumberedBlock {
    uint64_t first_sequence;
    EventBlock block;
  };
  struct PendingLog {
    std::shared_ptr<RunLog> log;
    std::vector<NumberedBlock> blocks;
    bool last = false;
    size_t bytes = 0;
    absl::Status failure;  // of this turn
  };
  using Wakeups = std::vector<RunLog::Wakeups>;

  // Queues by `add` and wakes who writes.
  template <typename Add>
  void Queue(absl::Duration patience, size_t bytes, Add add);
  void Take();
  // What was queued after its run's end.
  static void DropLate(Work* taken);
  void ForgetRun(Forgotten forgotten);
  void Number(Piece piece);
  absl::Status Write(Wakeups* wakeups);
  absl::Status AppendLogs(bool long_ones, Wakeups* wakeups);
  Work TakeHeld();
  void GiveBack(Work held, const absl::Status& failure);
  absl::Status AppendLog(PendingLog* pending, Wakeups* wakeups);
  bool IsLong(const PendingLog& pending) const;
  size_t BlocksOfTurn(const PendingLog& pending) const;
  static PendingLog TakeFront(size_t count, PendingLog* pending);
  void ForgetAppended();
  absl::Status Commit(Wakeups* wakeups);
  absl::Status CommitPending();
  absl::Status CommitToStore(const JournalCommit& commit);
  absl::Status CommitEachAdded();
  static RunLog::Block Share(NumberedBlock* block);
  void NoteLastSequence(const PendingLog& pending);
  void Publish(PendingLog* pending, Wakeups* wakeups);
  void PublishEnds(Wakeups* wakeups);
  void Unqueue(size_t bytes);
  void Refuse(Added added, const absl::Status& status);
  void DropLog(const RunLog* log);
  // Answers what was asked of runs that could not be added.
  void FailLost();
  template <typename Asked>
  static void FailLostOf(std::vector<Asked>* asked);
  void AnswerFlushed(const absl::Status& status);
  void FailAdded(const absl::Status& status);
  void FailAll(const absl::Status& status);
  void Note(const absl::Status& status);

  RunStore* const store_;
  TailMemory* const tails_;
  const JournalHooks hooks_;
  const JournalMarks marks_;

  // --- Of the thread that writes
  Work pending_;                  // its pieces are in logs_
  std::vector<PendingLog> logs_;  // not yet appended, in the order of their first piece
  absl::flat_hash_map<const RunLog*, size_t> log_indexes_;  // into logs_
  std::vector<PendingLog> ending_;  // appended, to be published with their end
  absl::Status fence_status_;
  absl::Status sync_status_;  // of the last one
  bool unsynced_ = false;
  bool held_ = false;
  bool wrote_ = false;  // anything, in this turn

  mutable Mutex mutex_;
  Work queued_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;      // of blocks not yet appended
  size_t new_bytes_ ABSL_GUARDED_BY(mutex_) = 0;  // of those, in queued_
  bool pressure_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status health_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace muster::service

#endif  // SERVICE_JOURNAL_JOURNAL_H_
