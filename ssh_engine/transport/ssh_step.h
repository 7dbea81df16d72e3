// What a step over a connection answers, and why one has failed.
#ifndef SSH_ENGINE_TRANSPORT_SSH_STEP_H_
#define SSH_ENGINE_TRANSPORT_SSH_STEP_H_

#include <string>

#include "ssh_engine/outcome.h"

namespace muster::engine {

enum class SshStep { kDone, kAgain, kFailed };

// A value.
struct TransportFailure {
  // kNone: it has not failed, or was turned away for no more than being one too many.
  Cause cause = Cause::kNone;
  bool throttled = false;  // turned away: there are too many connections, or this address's penalty
  std::string message;     // in the peer's or the library's words; printable
  bool closed = false;     // the peer ended the connection: it said so, or sent an end of its bytes
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_TRANSPORT_SSH_STEP_H_
