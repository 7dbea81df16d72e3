// How far a host of a run has come, and how it ended.
#ifndef SSH_ENGINE_OUTCOME_H_
#define SSH_ENGINE_OUTCOME_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace muster::engine {

// In the order of a host's life; the terminal ones from kSucceeded on. Mirrors
// muster.v1.HostState, which documents each.
enum class HostState {
  kQueued = 1,
  kConnecting = 2,
  kAuthenticating = 3,
  kStarting = 4,
  kRunning = 5,
  kSucceeded = 64,
  kExitedNonzero = 65,
  kSignaled = 66,
  kUnreachable = 67,
  kThrottled = 68,
  kHostKeyRejected = 69,
  kAuthenticationFailed = 70,
  kConnectTimeout = 71,
  kIdleTimeout = 72,
  kCommandTimeout = 73,
  kCanceled = 74,
  kUnknown = 75,
  kNotStarted = 76,
  kSkipped = 77,
  kBecomeFailed = 78,
};

inline bool IsTerminal(HostState state) { return state >= HostState::kSucceeded; }

// Why, where the state alone does not say it. Mirrors muster.v1.Cause.
enum class Cause {
  kNone = 0,
  kDns = 1,       // kUnreachable: there is no such name, or it has no address
  kRefused = 2,   // kUnreachable: nobody listens
  kTimeout = 3,   // kUnreachable: the network gave up (ETIMEDOUT)
  kReset = 4,     // kUnreachable: connection broke, or ProxyCommand failed, before the command
  kNetwork = 5,   // kUnreachable: no route, network down
  kProtocol = 6,  // kUnreachable: the peer does not speak SSH, or no common algorithm
  kLocal = 7,     // kUnreachable: out of descriptors or memory here
  kHostKeyUnknown = 8,   // kHostKeyRejected
  kHostKeyChanged = 9,   // kHostKeyRejected
  kHostKeyRevoked = 10,  // kHostKeyRejected
  kHostKeyUnsaved = 11,  // kHostKeyRejected: accept-new could not write the file
  kConnectionLost = 12,  // kUnknown: after the command was started
  kExecRefused = 13,     // kUnreachable: the server opened no session or refused the command
  kOutputLimit = 14,     // kCanceled: it wrote more than it may
  kDaemonLost = 15,      // kUnknown: the daemon ended after the command was requested
  kPenalized = 16,       // kThrottled: the server refuses this address for a while, for what it did
  kForwardingRefused = 17,  // kUnreachable: a jump host does not connect us to others
  kDnsFailed = 18,  // kUnreachable: a name server failed, or none answered; whether the name has an
                    // address is not known
  kBecomePassword = 19,     // kBecomeFailed: it is wrong, or there is none
  kBecomeNotAllowed = 20,   // kBecomeFailed: this user may not
  kBecomeUnavailable = 21,  // kBecomeFailed: no such program or user, or for another reason
};

// How long a host's steps took: when each was done, since the host left kQueued. Zero where it was
// not reached or, on a warm session, not needed. Those before the output are as fine as the loop's
// iterations. A value.
struct HostTimings {
  absl::Duration connected;      // TCP
  absl::Duration handshake;      // keys are exchanged and the host's is trusted
  absl::Duration authenticated;  // logged in
  absl::Duration channel_open;
  absl::Duration started;  // the server has confirmed the command
  absl::Duration first_output;
  absl::Duration last_output;
  absl::Duration exited;  // its exit status or signal has come
  absl::Duration closed;  // the channel is closed
};

// How a host ended. A value.
struct HostOutcome {
  HostState state = HostState::kUnknown;  // a terminal one
  Cause cause = Cause::kNone;
  // Of kExitedNonzero, and where exit_reported; past 2^31-1 from Windows (RFC 4254, 6.10).
  uint32_t exit_code = 0;
  std::string signal;             // of kSignaled: "KILL", without SIG (RFC 4254, 6.10); the same
  bool core_dumped = false;       // of kSignaled; the same
  bool cancel_confirmed = false;  // of kCanceled and the timeouts: none of its processes is left
  // Of kCanceled, the timeouts and kUnknown: how the command's own process ended is known.
  bool exit_reported = false;
  std::string message;        // for a person: phase, what was expected, what to try
  HostTimings timings;        // of the last attempt
  int attempts = 0;           // to make a session; 0: there was no need or no turn
  bool warm_session = false;  // the command ran on a session that was there already
};

// What ran out on this machine, and comes back: no host is to blame, and none loses a try by it.
inline bool IsShortageHere(Cause cause) { return cause == Cause::kLocal; }
// The server's answer to a session or a command: it was not started, and another session may take
// it.
inline bool IsRefusal(Cause cause) { return cause == Cause::kExecRefused; }

// "SUCCEEDED", "EXITED_NONZERO", ...
absl::string_view HostStateName(HostState state);
// "UNSPECIFIED", "DNS", "REFUSED", ...
absl::string_view CauseName(Cause cause);

}  // namespace muster::engine

#endif  // SSH_ENGINE_OUTCOME_H_
