// The way back to an object that may go at any time.
#ifndef SERVICE_WATCH_BACK_LINK_H_
#define SERVICE_WATCH_BACK_LINK_H_

#include "ssh_engine/base/mutex.h"

namespace muster::service {

// Shared by the owner and by whoever is to call it later: alarms, logs. Thread-safe.
template <typename Owner>
class BackLink {
 public:
  explicit BackLink(Owner* owner) : owner_(owner) {}

  // Nothing where the owner has gone. It does not go meanwhile.
  void Tell(void (Owner::*what)()) {
    MutexLock lock(&mutex_);
    if (owner_ != nullptr) (owner_->*what)();
  }
  // The owner is about to go.
  void Detach() {
    MutexLock lock(&mutex_);
    owner_ = nullptr;
  }

 private:
  Mutex mutex_;  // taken before the owner's
  Owner* owner_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace muster::service

#endif  // SERVICE_WATCH_BACK_LINK_H_
