// Places where a test has the daemon end as by kill -9. A test aid that is in every build, so that
// what is tested is what is released.
#ifndef SERVICE_JOURNAL_CRASH_POINT_H_
#define SERVICE_JOURNAL_CRASH_POINT_H_

#include <atomic>
#include <string>

#include "absl/status/status.h"

namespace muster::service {

// Before and after each step that a run must not forget. What one commit holds may be several of
// them.
enum class CrashPoint {
  kAppendBefore,  // of a log's blocks to the store
  kAppendAfter,
  kAddedBefore,  // a commit with runs that are new
  kAddedAfter,
  kStartingBefore,  // a commit with hosts that are about to be started
  kStartingAfter,
  kGrantBefore,  // of the leave to start them, to the engine
  kGrantAfter,
  kEndedBefore,  // a commit with runs that are over
  kEndedAfter,
  kPublishEndBefore,  // of their last events, to watchers
  kPublishEndAfter,
  kSyncBefore,  // of all logs
  kSyncAfter,
};

// MUSTERD_CRASH_AT=NAME:N: at the N-th time (from 1) that the process passes the point, it sends
// itself SIGKILL. Names are those above, as "append-before". INVALID_ARGUMENT: another text. Once,
// before anybody passes one; an empty text does nothing.
absl::Status ArmCrashPoint(const std::string& text);

namespace internal {
extern std::atomic<bool> crash_point_armed;
void CountCrashPoint(CrashPoint point);
}  // namespace internal

// Any thread. Costs a relaxed load.
inline void PassCrashPoint(CrashPoint point) {
  if (internal::crash_point_armed.load(std::memory_order_relaxed)) {
    internal::CountCrashPoint(point);
  }
}

}  // namespace muster::service

#endif  // SERVICE_JOURNAL_CRASH_POINT_H_
