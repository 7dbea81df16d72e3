// What a run asks of the engine.
#ifndef SSH_ENGINE_JOB_H_
#define SSH_ENGINE_JOB_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "absl/time/time.h"
#include "ssh_engine/become.h"
#include "ssh_engine/channel_setup.h"
#include "ssh_engine/input.h"

namespace muster::engine {

// Zero means no limit, except for connect.
struct Timeouts {
  // From the start of DNS to authenticated, all attempts together; then again for each of opening a
  // channel and the answer to the request.
  absl::Duration connect = absl::Seconds(10);
  absl::Duration idle = absl::ZeroDuration();     // no output for that long
  absl::Duration command = absl::ZeroDuration();  // from the exec request to its end
};

// How often making a session is tried again, after causes that can pass. Never once the command was
// requested, and never after a refused login: servers hold that against us.
struct Retries {
  int unreachable = 0;  // after what CanPass (dialer.h) names
  int throttled = 5;    // turned away before the banner, as sshd does past its MaxStartups
};

// How a command that is to end is ended: TERM to its processes, KILL after the grace time, by a
// shell line over a second channel of the same connection (stop_line.h); where none is heard, by
// the SSH signal request (RFC 4254, 6.9), which OpenSSH refuses for root, and which tells nothing
// of what is left.
struct StopRules {
  absl::Duration grace = absl::Seconds(2);  // from TERM to KILL
  // No second channel: a forced command that ignores SSH_ORIGINAL_COMMAND would be run once more.
  bool signal_only = false;
};

// A command line, as sent in the exec request (RFC 4254, 6.5): the remote shell splits it. A value.
struct Command {
  std::string line;
  // What it reads ahead of Job::input; shared by all hosts. Null: nothing.
  std::shared_ptr<const std::string> prologue = nullptr;
};

// What is done on each host.
using Action = std::variant<Command>;

// What to do on each host, and how; how each of them is reached is Host::access. Immutable once
// handed over; shared by the loops.
struct Job {
  Action action;
  std::shared_ptr<const Become> become;  // null: it is done as the user who is logged in
  std::shared_ptr<InputSource> input;    // null: commands read end of file
  ChannelSetup setup;                    // counts before Host::setup
  std::shared_ptr<RefusedEnvironment> refused_environment;  // null: it is not counted
  Timeouts timeouts;
  Retries retries;
  // Whether an outcome may say how a peer that is no SSH server greets: a caller from the network
  // is not to read other services that way.
  bool quote_greeting = true;
  std::string caller;            // hosts of different callers take turns
  uint32_t max_in_flight = 256;  // hosts between kConnecting and their end, over all loops
  size_t max_line = 64 * 1024;   // bytes; LineAssembler
  // After this long what there is of a line is given out, as split. Zero: lines come whole.
  absl::Duration partial_after = absl::ZeroDuration();
  StopRules stop;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_JOB_H_
