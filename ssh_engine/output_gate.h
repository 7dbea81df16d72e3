// Whether output is read from running commands.
#ifndef SSH_ENGINE_OUTPUT_GATE_H_
#define SSH_ENGINE_OUTPUT_GATE_H_

#include <utility>

#include "absl/container/flat_hash_set.h"

namespace muster::engine {

// Somebody who waits for an OutputGate to open.
class OutputWaiter {
 public:
  virtual ~OutputWaiter() = default;
  // Called once for each Wait, when the gate has opened.
  virtual void OnReading() = 0;
};

// One for each loop, and confined to it. A command whose session wakes up while it is closed parks
// itself here.
class OutputGate {
 public:
  bool open() const { return open_; }
  void Wait(OutputWaiter* waiter) { waiting_.insert(waiter); }
  // Harmless where it does not wait.
  void Forget(OutputWaiter* waiter) { waiting_.erase(waiter); }

  void SetOpen(bool open) {
    open_ = open;
    // Each may make others forget themselves.
    while (open_ && !waiting_.empty()) {
      OutputWaiter* const waiter = *waiting_.begin();
      waiting_.erase(waiting_.begin());
      waiter->OnReading();
    }
  }

 private:
  bool open_ = true;
  absl::flat_hash_set<OutputWaiter*> waiting_;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_OUTPUT_GATE_H_
