// What a run asks of the engine, and what it hears of it.
#ifndef SSH_ENGINE_JOB_H_
#define SSH_ENGINE_JOB_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "ssh_engine/credential.h"
#include "ssh_engine/known_hosts.h"
#include "ssh_engine/line_assembler.h"
#include "ssh_engine/outcome.h"

namespace muster::engine {

enum class OutputStream { kStdout = 1, kStderr = 2 };

// One host of a run. A value.
struct Host {
  uint32_t index = 0;   // in the run; from 0, without gaps
  std::string address;  // name or literal address, without brackets
  uint16_t port = 22;
  std::string user;
};

// A host on the way to others (ssh -J). A value.
struct JumpHost {
  std::string address;  // name or literal address, without brackets
  uint16_t port = 22;
  std::string user;
};

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
  int unreachable = 0;  // refused, reset, no answer, no route
  int throttled = 5;    // turned away before the banner, as sshd does past its MaxStartups
};

// How a command that is to end is ended: TERM to its processes, KILL after the grace time, by a shell
// line over a second channel of the same connection (stop_line.h); where none is heard, by the SSH
// signal request (RFC 4254, 6.9), which OpenSSH refuses for root, and which tells nothing of what is
// left.
struct StopRules {
  absl::Duration grace = absl::Seconds(2);  // from TERM to KILL
  // No second channel: a forced command that ignores SSH_ORIGINAL_COMMAND would be run once more.
  bool signal_only = false;
};

// What the policy kAcceptNew did for a run. Counted by its loops; thread-safe.
struct NewHostKeys {
  std::atomic<uint32_t> written{0};
  std::atomic<uint32_t> not_kept{0};  // KnownHosts::Added::kNotKept
};

// What to do on each host, and how. Immutable once handed over; shared by the loops.
struct Job {
  std::string command;  // as sent in the exec request (RFC 4254, 6.5): the remote shell splits it
  std::shared_ptr<const Credential> credential;
  std::shared_ptr<KnownHosts> known_hosts;
  HostKeyPolicy host_key_policy = HostKeyPolicy::kStrict;
  bool hash_new_names = false;                 // in known_hosts, as ssh with HashKnownHosts
  std::shared_ptr<NewHostKeys> new_host_keys;  // null: they are not counted
  std::vector<JumpHost> jump_hosts;  // on the way to each host, the nearest first; none: directly
  Timeouts timeouts;
  Retries retries;
  // Whether an outcome may say how a peer that is no SSH server greets: a caller from the network
  // is not to read other services that way.
  bool quote_greeting = true;
  std::string caller;            // hosts of different callers take turns
  uint32_t max_in_flight = 256;  // hosts between kConnecting and their end, over all loops
  size_t max_line = 64 * 1024;   // bytes; LineAssembler
  StopRules stop;
};

// What the observer of a run on one loop may ask of that loop. Thread-safe, never blocks, one
// message each; harmless for hosts that have ended, and once the run or the engine is gone.
class LoopControl {
 public:
  virtual ~LoopControl() = default;
  // The commands of these hosts may be requested now. Counts for hosts that wait for it (OnReady),
  // and for nothing else: a grant that comes when the host has ended, or has lost its session and
  // makes another, is dropped. The host is told ready again then, and wants a new one; should the
  // old one arrive only after that, it will do as well, and the new one is dropped.
  virtual void Grant(std::vector<uint32_t> hosts) = 0;
  // Ends one host: kNotStarted where the command was not requested, else the command is stopped
  // (StopRules), and it ends as kCanceled with this cause and message.
  virtual void CancelHost(uint32_t host, Cause cause, std::string message) = 0;
};

// Gets the events of one run on one loop. Every method is called on that loop's thread and must not
// block. For each host: OnState with rising states, OnReady before kStarting, OnOutput at any time
// while it runs, OnEnd once, last.
class LoopObserver {
 public:
  virtual ~LoopObserver() = default;
  virtual void OnState(uint32_t host_index, HostState state) = 0;
  // The channel is open, and the command waits for LoopControl::Grant, for any time; it is certain
  // that nothing was started. May come again: where the connection breaks meanwhile and the host
  // is tried again (Retries), and after kStarting where a session that was open already refuses the
  // request. `took`: since the host left the queue.
  virtual void OnReady(uint32_t host_index, absl::Duration took) = 0;
  virtual void OnOutput(uint32_t host_index, OutputStream stream, const OutputChunk& chunk) = 0;
  virtual void OnEnd(uint32_t host_index, const HostOutcome& outcome) = 0;
  // After the events of one loop iteration, or earlier, before they would pass 32 KiB: what came
  // since the last call belongs together. `now` is the time of all of them.
  virtual void Flush(absl::Time now) = 0;
};

// Gets the events of one run. Owned by the engine's loops until the last of them is done with the
// run.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  // Called on loop `loop`'s thread, once, before its first event; the loop destroys it there. A
  // loop that gets no host of the run makes none.
  virtual std::unique_ptr<LoopObserver> ForLoop(int loop, std::shared_ptr<LoopControl> control) = 0;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_JOB_H_
