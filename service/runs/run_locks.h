// The hosts of one run in line for their locks (Rollout.lock).
#ifndef SERVICE_RUNS_RUN_LOCKS_H_
#define SERVICE_RUNS_RUN_LOCKS_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "service/runs/host_locks.h"
#include "ssh_engine/run_handle.h"

namespace muster::service {

// Not thread-safe: the run guards it, with a lock that no grant takes.
class RunLocks {
 public:
  // `locks` must outlive it. An empty name: the run asks for none.
  RunLocks(HostLocks* locks, std::string name) : locks_(locks), name_(std::move(name)) {}

  bool wanted() const { return !name_.empty(); }

  // Adds the host to `handle` once it has its lock: within this, or later from another thread.
  // RESOURCE_EXHAUSTED: too many wait; it is never added, but for GiveUp.
  absl::Status Ask(const engine::Host& host, std::shared_ptr<engine::RunHandle> handle);
  // The host has ended.
  void Release(uint32_t host);
  // Gives up the places of all hosts that were not added, which are from now on the caller's to
  // add.
  std::vector<uint32_t> GiveUp();

 private:
  // A host that waits for its lock, or has it.
  struct Lock {
    HostLocks::Ticket ticket = 0;
    std::shared_ptr<std::atomic<bool>> added;  // to the engine
  };

  HostLocks* const locks_;
  const std::string name_;
  absl::flat_hash_map<uint32_t, Lock> hosts_;
};

}  // namespace muster::service

#endif  // SERVICE_RUNS_RUN_LOCKS_H_
