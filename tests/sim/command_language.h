// The commands that a simulated host understands.
#ifndef TESTS_SIM_COMMAND_LANGUAGE_H_
#define TESTS_SIM_COMMAND_LANGUAGE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "tests/sim/address.h"
#include "tests/sim/output_source.h"

namespace muster::sim {

// One thing to do.
struct Step {
  enum class Action {
    kWrite,
    kSleep,
    kStatus,  // sets the status that the command ends with if nothing else does
    kExit,
    kSignal,
    kHang,
    kClose,  // the channel, without a status
    kDrop,   // the connection
  };
  struct Burst {
    uint64_t bytes;
    absl::Duration interval;
  };

  Action action;
  std::unique_ptr<OutputSource> output;  // kWrite
  bool to_stderr = false;
  absl::optional<Burst> drip;
  absl::Duration time;            // kSleep
  absl::optional<uint32_t> code;  // kStatus; kExit, where nullopt stands for the status so far
  std::string signal;             // kSignal, without "SIG"
};

// `text` is steps with ';' between them; README.md lists them. What is not understood is said on
// stderr, as a shell would, and sets the status to 127 (or 2, for wrong arguments).
std::vector<Step> ParseCommand(absl::string_view text, Address address);

}  // namespace muster::sim

#endif  // TESTS_SIM_COMMAND_LANGUAGE_H_
