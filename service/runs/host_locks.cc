#include "service/runs/host_locks.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace muster::service {

absl::StatusOr<HostLocks::Ticket> HostLocks::Acquire(absl::string_view name, absl::string_view host,
                                                     Granted granted) {
  Ticket ticket;
  {
    MutexLock lock(&mutex_);
    if (tickets_.size() >= max_tickets_) {
      return absl::ResourceExhaustedError(
          absl::StrCat("rollout.lock: ", max_tickets_, " hosts hold or wait for locks already"));
    }
    ticket = ++last_;
    // The length in front keeps "a" + "bc" and "ab" + "c" apart.
    const auto line = lines_.try_emplace(absl::StrCat(name.size(), " ", name, host)).first;
    line->second.key = &line->first;
    std::list<Place>& places = line->second.places;
    tickets_[ticket] = {&line->second, places.insert(places.end(), {ticket, std::move(granted)})};
    if (places.size() == 1) Grant(&line->second);
  }
  Deliver();
  return ticket;
}

void HostLocks::Release(Ticket ticket) {
  {
    MutexLock lock(&mutex_);
    const auto found = tickets_.find(ticket);
    if (found == tickets_.end()) return;
    Line* line = found->second.line;
    const bool held = found->second.place == line->places.begin();
    line->places.erase(found->second.place);
    tickets_.erase(found);
    if (line->places.empty()) {
      lines_.erase(lines_.find(*line->key));
    } else if (held) {
      Grant(line);
    }
  }
  Deliver();
}

size_t HostLocks::tickets() const {
  MutexLock lock(&mutex_);
  return tickets_.size();
}

void HostLocks::Grant(Line* line) {
  Place& first = line->places.front();
  granted_.push_back({first.ticket, std::move(first.granted)});
}

void HostLocks::Deliver() {
  Place next;
  while (NextGrant(&next)) {
    next.granted(next.ticket);
    next.granted = nullptr;
    MutexLock lock(&mutex_);
    delivering_ = false;
  }
}

bool HostLocks::NextGrant(Place* place) {
  MutexLock lock(&mutex_);
  if (delivering_) return false;
  // What was released meanwhile is not told.
  while (!granted_.empty() && !tickets_.contains(granted_.front().ticket)) granted_.pop_front();
  if (granted_.empty()) return false;
  delivering_ = true;
  *place = std::move(granted_.front());
  granted_.pop_front();
  return true;
}

}  // namespace muster::service
