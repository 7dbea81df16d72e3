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
    case HostState::kBecomeFailed:
      return "BECOME_FAILED";
  }
  return "UNSPECIFIED";
}

absl::string_view CauseName(Cause cause) {
  switch (cause) {
    case Cause::kNone:
      return "UNSPECIFIED";
    case Cause::kDns:
      return "DNS";
    case Cause::kRefused:
      return "REFUSED";
    case Cause::kTimeout:
      return "TIMEOUT";
    case Cause::kReset:
      return "RESET";
    case Cause::kNetwork:
      return "NETWORK";
    case Cause::kProtocol:
      return "PROTOCOL";
    case Cause::kLocal:
      return "LOCAL";
    case Cause::kHostKeyUnknown:
      return "HOST_KEY_UNKNOWN";
    case Cause::kHostKeyChanged:
      return "HOST_KEY_CHANGED";
    case Cause::kHostKeyRevoked:
      return "HOST_KEY_REVOKED";
    case Cause::kHostKeyUnsaved:
      return "HOST_KEY_UNSAVED";
    case Cause::kConnectionLost:
      return "CONNECTION_LOST";
    case Cause::kExecRefused:
      return "EXEC_REFUSED";
    case Cause::kOutputLimit:
      return "OUTPUT_LIMIT";
    case Cause::kDaemonLost:
      return "DAEMON_LOST";
    case Cause::kPenalized:
      return "PENALIZED";
    case Cause::kForwardingRefused:
      return "FORWARDING_REFUSED";
    case Cause::kDnsFailed:
      return "DNS_FAILED";
    case Cause::kBecomePassword:
      return "BECOME_PASSWORD";
    case Cause::kBecomeNotAllowed:
      return "BECOME_NOT_ALLOWED";
    case Cause::kBecomeUnavailable:
      return "BECOME_UNAVAILABLE";
  }
  return "unknown";
}

}  // namespace muster::engine
