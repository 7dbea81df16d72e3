// What a step over a connection answers, and why one has failed.
#ifndef SSH_ENGINE_TRANSPORT_SSH_STEP_H_
#define SSH_ENGINE_TRANSPORT_SSH_STEP_H_

#include <string>

#include "ssh_engine/outcome.h"

namespace muster::engine {

enum class SshStep { kDone, kAgain, kFailed };

// A value.
struct TransportFailure {
  // As outcomes tell it: kNone where `throttled` says it all, there are too many connections.
  Cause cause = Cause::kNone;
  bool throttled = false;  // turned away: may pass, and the connections of others make it likelier
  std::string message;     // in the peer's or the library's words; printable
  bool closed = false;     // the peer ended the connection: it said so, or sent an end of its bytes

  bool failed() const { return throttled || cause != Cause::kNone; }
  // Of a host whose command was not started.
  HostState state() const { return throttled ? HostState::kThrottled : HostState::kUnreachable; }
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_TRANSPORT_SSH_STEP_H_
