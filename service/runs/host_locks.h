// One run at a time on a host, among those with the same lock name (Rollout.lock).
#ifndef SERVICE_RUNS_HOST_LOCKS_H_
#define SERVICE_RUNS_HOST_LOCKS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <string>
#include <unordered_map>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ssh_engine/base/mutex.h"

namespace muster::service {

// The locks of all runs of a daemon, which owns it. Thread-safe; never blocks. First come, first
// served.
//
// Runs cannot block each other for good, in whatever order they take their hosts, as long as a
// host's lock is asked for when the host's turn has come and released when the host has ended: each
// lock is asked for and held for one host, which waits for no other lock while it holds its own, so
// there is no circle of holders that wait. A run must not take locks of hosts that it does not
// start, such as those of a later batch, and gives back those of hosts that a pause keeps in
// QUEUED.
class HostLocks {
 public:
  // Stands for one host's place, waiting or holding. Never 0, never given twice.
  using Ticket = uint64_t;
  using Granted = std::function<void(Ticket)>;

  static constexpr size_t kMaxTickets = 1'000'000;  // some 250 bytes each

  explicit HostLocks(size_t max_tickets = kMaxTickets) : max_tickets_(max_tickets) {}
  HostLocks(const HostLocks&) = delete;
  HostLocks& operator=(const HostLocks&) = delete;

  // Calls `granted` once the lock `name` of `host` is held, unless it is released before: at once,
  // or from a thread that releases or acquires another; perhaps before this returns. It is called
  // without any lock held, must not block, and may acquire and release. RESOURCE_EXHAUSTED: too
  // many tickets.
  absl::StatusOr<Ticket> Acquire(absl::string_view name, absl::string_view host, Granted granted);

  // Gives up the place: the next in line gets the lock where it was held. Another thread may be
  // just calling `granted` even so. Harmless on a ticket that was released before.
  void Release(Ticket ticket);

  // Places of hosts, waiting or holding.
  size_t tickets() const;

 private:
  struct Place {
    Ticket ticket;
    Granted granted;
  };
  // The first one holds.
  struct Line {
    const std::string* key = nullptr;
    std::list<Place> places;
  };
  struct Found {
    Line* line;
    std::list<Place>::iterator place;
  };

  void Grant(Line* line) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Calls what was granted, one after the other and on one thread at a time, so that a long line in
  // which each releases at once is no recursion.
  void Deliver();
  bool NextGrant(Place* place);

  const size_t max_tickets_;

  mutable Mutex mutex_;
  Ticket last_ ABSL_GUARDED_BY(mutex_) = 0;
  std::unordered_map<std::string, Line> lines_ ABSL_GUARDED_BY(mutex_);  // its nodes do not move
  absl::flat_hash_map<Ticket, Found> tickets_ ABSL_GUARDED_BY(mutex_);
  std::deque<Place> granted_ ABSL_GUARDED_BY(mutex_);  // to be told
  bool delivering_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace muster::service

#endif  // SERVICE_RUNS_HOST_LOCKS_H_
