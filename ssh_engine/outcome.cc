#include "ssh_engine/outcome.h"

namespace muster::engine {

absl::string_view HostStateName(HostState state) {
  switch (state) {
    case HostState::kQueued:
      return "QUEUED";
    case HostState::kConnecting:
      return "CONNECTING";
    case HostState::kAuthenticating:
      return "AUTHENTICATING";
    case HostState::kStarting:
      return "STARTING";
    case HostState::kRunning:
      return "RUNNING";
    case HostState::kSucceeded:
      return "SUCCEEDED";
    case HostState::kExitedNonzero:
      return "EXITED_NONZERO";
    case HostState::kSignaled:
      return "SIGNALED";
    case HostState::kUnreachable:
      return "UNREACHABLE";
    case HostState::kThrottled:
      return "THROTTLED";
    case HostState::kHostKeyRejected:
      return "HOST_KEY_REJECTED";
    case HostState::kAuthenticationFailed:
      return "AUTHENTICATION_FAILED";
    case HostState::kConnectTimeout:
      return "CONNECT_TIMEOUT";
    case HostState::kIdleTimeout:
      return "IDLE_TIMEOUT";
    case HostState::kCommandTimeout:
      return "COMMAND_TIMEOUT";
    case HostState::kCanceled:
      return "CANCELED";
    case HostState::kUnknown:
      return "OUTCOME_UNKNOWN";
    case HostState::kNotStarted:
      return "NOT_STARTED";
    case HostState::kSkipped:
      return "SKIPPED";
  }
  return "UNSPECIFIED";
}

}  // namespace muster::engine
