// How a host deviates from a good one.
#ifndef TESTS_SIM_BEHAVIOUR_H_
#define TESTS_SIM_BEHAVIOUR_H_

#include <cstdint>
#include <memory>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "tests/sim/flood.h"
#include "tests/sim/password_rule.h"
#include "tests/sim/throttle.h"

namespace muster::sim {

// Where a conversation can be ended: instead of sending what is named, or of answering it.
enum class Phase {
  kNone,
  kBanner,   // the server's version line
  kKexinit,  // its KEXINIT
  kKex,      // its reply to the client's key
  kNewkeys,  // its NEWKEYS
  kAuth,     // the first request to log in
  kOpen,     // a request for a channel
  kExec,     // a request to run a command
  kOutput,   // what comes after the first line of output
  kClose,    // what comes after the exit status
};

struct Behaviour {
  Phase stall = Phase::kNone;  // never answers from there on
  Phase reset = Phase::kNone;  // resets the connection there
  bool garbage = false;
  bool endless_banner = false;
  bool refuse_auth = false;
  PasswordRule password;  // then it takes no keys
  bool changed_key = false;
  std::shared_ptr<Throttle> throttle;  // null: none
  bool mute_exec = false;              // does not answer the requests that it carries out
  bool late_exec = false;              // answers them half a second later
  bool lost_window = false;            // takes no notice of a channel's first WINDOW_ADJUST
  Phase one_command = Phase::kNone;    // where it refuses a connection's second: kOpen or kExec
  Flood flood = Flood::kNone;          // while a command waits
  Flood idle_flood = Flood::kNone;     // once a command has ended
  size_t max_sessions = 10;            // channels open at once, as sshd's default
  absl::Duration delay;                // of everything that the server sends
  uint64_t bytes_per_second = 0;       // of a command's output; 0: no limit
  absl::optional<absl::Duration> close_after;   // idle since the last command
  absl::optional<uint64_t> die_after_commands;  // then never answers again
};

}  // namespace muster::sim

#endif  // TESTS_SIM_BEHAVIOUR_H_
