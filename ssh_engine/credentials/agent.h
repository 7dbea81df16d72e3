// What an ssh-agent holds. libssh asks the agent only within a session, and blocks without a limit.
#ifndef SSH_ENGINE_CREDENTIALS_AGENT_H_
#define SSH_ENGINE_CREDENTIALS_AGENT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace muster::engine {

// A public key whose private part the agent can sign with. A value.
struct AgentKey {
  std::string blob;     // wire format (RFC 4253, 6.6), a certificate's blob for a certificate
  std::string comment;  // any bytes
};

// Asks the agent behind a unix socket for its keys (draft-miller-ssh-agent, 4.4), in its order.
// Blocks for at most `timeout`: helper threads only. NOT_FOUND, PERMISSION_DENIED, UNAVAILABLE
// (nobody listens, or it hung up), DEADLINE_EXCEEDED, FAILED_PRECONDITION (it refused), DATA_LOSS
// (not an agent's answer, or one of more than 256 KiB): each names the socket.
absl::StatusOr<std::vector<AgentKey>> ListAgentKeys(const std::string& socket_path,
                                                    absl::Duration timeout);

// What an agent with these keys answers who asks for them, with its length in front.
std::string AgentAnswer(const std::vector<AgentKey>& keys);

}  // namespace muster::engine

#endif  // SSH_ENGINE_CREDENTIALS_AGENT_H_
