// One SSH connection as a row of steps, none of which waits.
#ifndef SSH_ENGINE_TRANSPORT_SSH_TRANSPORT_H_
#define SSH_ENGINE_TRANSPORT_SSH_TRANSPORT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/strings/string_view.h"
#include "ssh_engine/base/unique_fd.h"
#include "ssh_engine/credentials/credential.h"
#include "ssh_engine/outcome.h"
#include "ssh_engine/output.h"

namespace muster::engine {

// Of a server. A value.
struct HostKey {
  std::string type;  // "ssh-ed25519"
  std::string blob;  // wire format (RFC 4253, 6.6)
};

// Why a step failed. A value.
struct TransportFailure {
  // kReset, kTimeout, kProtocol or kExecRefused; with `throttled` also kPenalized.
  Cause cause = Cause::kNone;
  bool throttled = false;  // turned away: there are too many connections, or this address's penalty
  std::string message;     // in the peer's or the library's words; printable
  bool closed = false;     // the peer ended the connection: it said so, or sent an end of its bytes
};

// How the command ended, as far as the server has said. A value.
struct ExitReport {
  bool has_status = false;
  uint32_t status = 0;  // RFC 4254, 6.10: Windows' go up to 4294967295
  bool has_signal = false;
  std::string signal;  // "KILL"
  bool core_dumped = false;
  bool end_of_output = false;  // everything that the command wrote has been given out

  bool ended() const { return has_status || has_signal; }
};

// Who uses a tunnel. Called from within the transport's calls, and must call neither it nor the
// tunnel there.
class TunnelUser {
 public:
  virtual ~TunnelUser() = default;
  virtual void OnTunnelData(absl::string_view bytes) = 0;
  virtual void OnTunnelEnd() = 0;  // no more data will come; may be told twice
};

// A connection that a server makes on our behalf (direct-tcpip; RFC 4254, 7.2). Loop-confined.
class SshTunnel {
 public:
  enum class Step { kDone, kAgain, kFailed };

  // Closes it. Not while the server has yet to answer: it would stay open there.
  virtual ~SshTunnel() = default;

  // Until the server has answered: to be called again whenever something has come.
  virtual Step Open() = 0;
  // Why the server made no connection, after kFailed.
  virtual const TransportFailure& failure() const = 0;
  // How many bytes the server takes now.
  virtual size_t Room() const = 0;
  // No more than that; answers how many it has taken: fewer while keys are exchanged anew.
  virtual size_t Write(absl::string_view bytes) = 0;
};

// A connection, one login, one command after another. The steps are called in the order in which
// they stand here, those of a command again for each, each until it answers something other than
// kAgain: whenever the descriptor is readable, or is writable and WantsWrite() is true. After
// kFailed only failure(), Release and the destructor may be called.
//
// Loop-confined, but for AuthenticateByAgent, Abort, and Handshake where it TakesLong. Owned by who
// uses the connection now.
class SshTransport {
 public:
  enum class Step { kDone, kAgain, kFailed };
  enum class AuthStep {
    kAccepted,
    kDenied,
    kPartial,   // right, but the server wants another method or key as well
    kUnproven,  // the server was not asked, or got no signature: the agent is gone or does not sign
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

  // Called within Exec and Pump from now on. The bytes are valid during the call only.
  using Output = absl::AnyInvocable<void(OutputStream, absl::string_view)>;
  virtual void SetOutput(Output output) = 0;
  virtual Step OpenChannel() = 0;
  // Requests the command and ends its input. Output may come before kDone. Where the server does
  // not answer, but sends output or the end of the command, that is the answer.
  virtual Step Exec(const std::string& command) = 0;
  // Takes in what has come. kDone when the server has closed the channel; kAgain also when there is
  // more to read but others should have their turn.
  virtual Step Pump() = 0;
  // Whether the last Pump ended for the sake of others.
  virtual bool HasMore() const { return false; }
  virtual const ExitReport& exit_report() const = 0;

  // Forgets the command, whether it has ended or not. Whether the connection can take another: it
  // lives, and the channel was closed by both sides.
  virtual bool Release() = 0;
  // Takes in what comes while there is no command; kAgain as long as the connection lives.
  virtual Step PumpIdle() = 0;

  // Sends the command a signal ("TERM"; RFC 4254, 6.9). After Exec was done.
  virtual void Signal(const std::string& name) = 0;
  // Runs one further command beside the one under way, over a channel of its own: to be called,
  // with the same command, after each Pump until it does not answer kAgain; after PumpIdle where
  // the server has closed the channel of the one under way. kDone when its own channel is closed,
  // kFailed also when the server opens none; the command under way is not touched. Release ends it
  // too, and then answers false.
  virtual Step RunBeside(const std::string& command) = 0;
  // How the output of RunBeside begins: 1 KiB.
  virtual const std::string& beside_output() const = 0;
  // Asks the server to end the channel, without waiting.
  virtual void CloseChannel() = 0;

  // A connection to a host by way of this server. After the login, on a transport that runs no
  // commands; to be destroyed before the transport. PumpIdle takes in what comes for all tunnels.
  virtual std::unique_ptr<SshTunnel> NewTunnel(const std::string& address, uint16_t port,
                                               TunnelUser* user) = 0;

  // Whether bytes wait for the socket to become writable.
  virtual bool WantsWrite() const = 0;

  virtual const TransportFailure& failure() const = 0;
};

struct SshTransportOptions {
  std::string user;
  // Host key types to ask for first: those that are known of the host.
  std::vector<std::string> known_key_types;
  bool quote_greeting = true;  // as in Job
};

// Makes a transport over a connected, non-blocking socket. Never null; what goes wrong shows in the
// first step.
using SshTransportFactory =
    std::function<std::unique_ptr<SshTransport>(UniqueFd, SshTransportOptions)>;

}  // namespace muster::engine

#endif  // SSH_ENGINE_TRANSPORT_SSH_TRANSPORT_H_
