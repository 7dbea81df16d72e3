#include "ssh_engine/in_flight_limit.h"

#include <utility>

namespace muster::engine {

bool InFlightLimit::Acquire(Grant grant) {
  MutexLock lock(&mutex_);
  if (available_ > 0) {
    --available_;
    return true;
  }
  waiting_.push_back(std::move(grant));
  return false;
}

void InFlightLimit::Release() {
  Grant grant;
  {
    MutexLock lock(&mutex_);
    if (waiting_.empty()) {
      ++available_;
      return;
    }
    grant = std::move(waiting_.front());
    waiting_.pop_front();
  }
  grant();
}

}  // namespace muster::engine
