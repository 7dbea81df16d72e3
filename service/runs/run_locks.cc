#include "service/runs/run_locks.h"

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace muster::service {

absl::Status RunLocks::Ask(const engine::Host& host, std::shared_ptr<engine::RunHandle> handle) {
  Lock& lock = hosts_[host.index];
  lock.added = std::make_shared<std::atomic<bool>>(false);
  const absl::StatusOr<HostLocks::Ticket> ticket =
      locks_->Acquire(name_, absl::StrCat(absl::AsciiStrToLower(host.address), ":", host.port),
                      [handle = std::move(handle), added = lock.added, host](HostLocks::Ticket) {
                        if (!added->exchange(true)) handle->Add({host});
                      });
  if (ticket.ok()) lock.ticket = *ticket;
  return ticket.status();
}

void RunLocks::Release(uint32_t host) {
  const auto held = hosts_.find(host);
  if (held == hosts_.end()) return;
  locks_->Release(held->second.ticket);
  hosts_.erase(held);
}

std::vector<uint32_t> RunLocks::GiveUp() {
  std::vector<uint32_t> left;
  for (const auto& [host, lock] : hosts_) {
    if (lock.added->exchange(true)) continue;
    locks_->Release(lock.ticket);
    left.push_back(host);
  }
  return left;
}

}  // namespace muster::service
