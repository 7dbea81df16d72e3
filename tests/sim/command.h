// One running command.
#ifndef TESTS_SIM_COMMAND_H_
#define TESTS_SIM_COMMAND_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/types/optional.h"
#include "ssh_engine/loop/event_loop.h"
#include "tests/sim/command_language.h"
#include "tests/sim/pacer.h"

namespace muster::sim {

struct CommandEnd {
  enum class How { kExit, kSignal, kClose, kDrop };
  How how = How::kExit;
  uint32_t code = 0;
  std::string signal;
};

// Goes through its steps. The channel pulls: it asks what is next, takes output where it has room
// for it, and asks again when `wake` is called. Owned by its channel. Loop-confined.
class Command {
 public:
  enum class Next { kOutput, kWait, kEnd };

  // `bytes_per_second`: 0 is no limit.
  Command(engine::EventLoop* loop, std::vector<Step> steps, uint64_t bytes_per_second,
          absl::AnyInvocable<void()> wake);

  Next Advance();
  // After kOutput: which stream it is for, and at most `limit` bytes of it.
  bool to_stderr() const { return steps_[at_].to_stderr; }
  void TakeOutput(size_t limit, std::string* out);
  // After kEnd.
  const CommandEnd& end() const { return end_; }

  // As kill(1) does; it ends at once.
  void Signal(absl::string_view name);

 private:
  Next Perform(Step* step);
  Next PerformWrite(Step* step);
  Next PerformSleep(Step* step);
  Next End(CommandEnd::How how);
  void StartPacers(const Step& step);
  uint64_t Allowed() const;
  void WaitFor(absl::Duration time);
  void NextStep();

  engine::EventLoop* const loop_;
  std::vector<Step> steps_;
  const uint64_t bytes_per_second_;
  absl::AnyInvocable<void()> wake_;
  std::unique_ptr<engine::Timer> timer_;  // made when first needed

  size_t at_ = 0;
  bool started_ = false;       // the step at_
  bool slept_ = false;         // the time of the step at_ has passed
  std::vector<Pacer> pacers_;  // of the step at_
  bool ended_ = false;
  CommandEnd end_;
};

}  // namespace muster::sim

#endif  // TESTS_SIM_COMMAND_H_
