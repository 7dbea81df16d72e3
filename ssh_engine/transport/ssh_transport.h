// One SSH connection as a row of steps, none of which waits.
#ifndef SSH_ENGINE_TRANSPORT_SSH_TRANSPORT_H_
#define SSH_ENGINE_TRANSPORT_SSH_TRANSPORT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "ssh_engine/algorithms.h"
#include "ssh_engine/base/secret.h"
#include "ssh_engine/base/unique_fd.h"
#include "ssh_engine/credentials/credential.h"
#include "ssh_engine/host_keys/host_key.h"
#include "ssh_engine/transport/exec_channel.h"
#include "ssh_engine/transport/ssh_step.h"
#include "ssh_engine/transport/ssh_tunnel.h"

namespace muster::engine {

// A connection, one login, and channels over it. The steps up to the login are called in the order
// in which they stand here, each until it answers something other than kAgain: whenever the
// descriptor is readable, or is writable and WantsWrite() is true. After kFailed only failure(),
// Reusable and the destructor may be called.
//
// Loop-confined, but for AuthenticateByAgent, AuthenticateByTicket, Abort, and Handshake where it
// TakesLong. Owned by who
// uses the connection now.
class SshTransport {
 public:
  using Step = SshStep;
  enum class AuthStep {
    kAccepted,
    kDenied,
    kPartial,  // right, but the server wants another method or key as well
    // The server was not asked, or got no signature: the agent is gone or does not sign, or there
    // is no ticket, ticket_problem(). Of a password or answers: it asked for something else,
    // question(), or for nothing.
    kUnproven,
    kExpired,  // the server wants another password first; the connection has failed
    kAgain,
    kFailed,
  };

  // Closes the connection; says goodbye where there was a login.
  virtual ~SshTransport() = default;

  // The socket, for a watch; -1 once the connection is closed.
  virtual int fd() const = 0;

  // Banner, key exchange, and proof that the server owns host_key(). Whether to trust that key is
  // the caller's part.
  virtual Step Handshake() = 0;
  // Whether the key exchange that the server wants takes more than ten milliseconds. After kAgain:
  // call Handshake at once, that time and each later one, on a helper thread, and nothing else
  // meanwhile but Abort. Later exchanges take as long, half of it within one call each.
  virtual bool TakesLong() const { return false; }
  virtual const HostKey& host_key() const = 0;

  // Logs in with a key in memory.
  virtual AuthStep Authenticate(const Identity& identity) = 0;
  // Logs in with the one of the agent's keys that has this public part (wire format). Waits for the
  // agent, not for the server: call it on a helper thread, and nothing else meanwhile but Abort.
  virtual AuthStep AuthenticateByAgent(const std::string& agent_socket,
                                       const std::string& public_key) = 0;
  // Logs in with a password (RFC 4252, 8).
  virtual AuthStep AuthenticateByPassword(const std::string& password) = 0;
  // Answers what the server asks, round after round (keyboard-interactive; RFC 4256): each question
  // by the first of `answers` that is for it and was not given yet, and one other, which is not to
  // be shown while it is typed, by `password`; null: none. A round with a question that has no
  // answer is not answered.
  virtual AuthStep AuthenticateByAnswers(const Secret* password,
                                         const std::vector<PreparedAnswer>& answers) = 0;
  // What the server asked for that had no answer; printable. Empty: it asked for nothing.
  virtual const std::string& question() const = 0;
  // What AuthenticateByAnswers has answered with so far. After kFailed, too.
  struct Answered {
    bool by_password = false;
    bool by_answers = false;
  };
  virtual Answered answered() const = 0;
  // Logs in with a Kerberos ticket for SshTransportOptions::host (gssapi-with-mic; RFC 4462), once
  // at most. Waits for a KDC, not for the server: call it on a helper thread, each time, and
  // nothing else meanwhile but Abort, which it does not heed.
  virtual AuthStep AuthenticateByTicket(const TicketSource& tickets) = 0;
  // Why there is no ticket; printable.
  virtual const std::string& ticket_problem() const = 0;
  // When the tickets expire that logged in; infinite: they did not.
  virtual absl::Time tickets_expire() const = 0;
  // Makes an AuthenticateByAgent under way, and every later one, end soon. Any thread.
  virtual void Abort() = 0;
  // Logs in with nothing but the user's name ("none"; RFC 4252, 5.2).
  virtual AuthStep AuthenticateWithoutKey() = 0;
  // The methods with which the server would go on: "publickey,password". After kDenied or kPartial;
  // empty: it has not said.
  virtual std::string AuthenticationMethods() const = 0;
  // The last of what the server had told the user during the login (SSH_MSG_USERAUTH_BANNER; RFC
  // 4252, 5.4), in one line; printable. Empty: nothing.
  virtual std::string LoginText() const = 0;

  // A channel for a command. After the login. More than one at a time: the connection is not
  // Reusable after that.
  virtual std::unique_ptr<ExecChannel> NewExecChannel(ExecChannel::Output output) = 0;
  // A connection to a host by way of this server. After the login, on a transport that runs no
  // commands; to be destroyed before the transport.
  virtual std::unique_ptr<SshTunnel> NewTunnel(const std::string& address, uint16_t port,
                                               TunnelUser* user) = 0;
  // Takes in what has come, for all channels, or while there is none. Never kDone; kAgain as long
  // as the connection lives: also when there is more to read but others should have their turn, or
  // a channel of a command has been closed or refused.
  virtual Step Pump() = 0;
  // Whether the last Pump ended for the sake of others.
  virtual bool HasMore() const { return false; }
  // Bytes that have come, of which some may not be taken in yet.
  virtual uint64_t received_bytes() const = 0;
  // Sends what the server has to answer, whatever it makes of it (keepalive@openssh.com). After the
  // login, between the other calls.
  virtual void AskForLife() = 0;
  // From now on Pump and all steps fail with this.
  virtual void GiveUp(TransportFailure failure) = 0;
  // Whether the connection can take another command, once its channels are destroyed: it lives, and
  // both sides had closed each of them.
  virtual bool Reusable() = 0;

  // Whether bytes wait for the socket to become writable.
  virtual bool WantsWrite() const = 0;

  virtual const TransportFailure& failure() const = 0;
};

struct SshTransportOptions {
  std::string user;
  std::string host;  // as Kerberos names its server: a name or literal address
  // Host key types to ask for first: those that are known of the host.
  std::vector<std::string> known_key_types;
  std::shared_ptr<const Algorithms> algorithms = nullptr;  // null: Muster's own
  bool quote_greeting = true;                              // as in Job
  // Kept as long as the transport: what the connection leads through. May be null.
  std::shared_ptr<void> way = nullptr;
};

// Makes a transport over a connected, non-blocking socket. Never null; what goes wrong shows in the
// first step.
using SshTransportFactory =
    std::function<std::unique_ptr<SshTransport>(UniqueFd, SshTransportOptions)>;

}  // namespace muster::engine

#endif  // SSH_ENGINE_TRANSPORT_SSH_TRANSPORT_H_
