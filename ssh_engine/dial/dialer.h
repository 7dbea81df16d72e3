// From a host's name to a connection that is logged in.
#ifndef SSH_ENGINE_DIAL_DIALER_H_
#define SSH_ENGINE_DIAL_DIALER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "ssh_engine/base/lifetime.h"
#include "ssh_engine/base/unique_fd.h"
#include "ssh_engine/dial/dial_context.h"
#include "ssh_engine/host.h"
#include "ssh_engine/host_keys/known_hosts.h"
#include "ssh_engine/login/login.h"
#include "ssh_engine/net/connector.h"
#include "ssh_engine/outcome.h"
#include "ssh_engine/transport/ssh_transport.h"

namespace muster::engine {

// Resolves, connects, checks the host key and logs in, by a given time. One attempt, and one
// connection: a second one only where hashed names in known_hosts turn out to be of another key
// than the server has shown, and it was not asked for that. Loop-confined; owned by the host's
// task.
class Dialer {
 public:
  struct Result {
    std::shared_ptr<SshTransport> transport;      // null: see outcome
    HostOutcome outcome;                          // state, cause and message
    bool prompt = false;                          // the server answered at once (HandshakeLimit)
    bool congested = false;                       // a SYN was lost, or the server turned us away
    std::shared_ptr<const Way> way;               // ConnectResult's
    absl::Time expires = absl::InfiniteFuture();  // Login's
  };

  // `on_trusted` is called once the host's key is; fills in the timings up to authenticated,
  // counted from `begin`, of the last connection. Ends as kConnectTimeout at `deadline`; both are
  // EventLoop::Now's.
  // What it waits for helper threads to compute is not the host's fault, and does not count.
  // `on_done` is called once, from the loop, never within Start; it may destroy this.
  Dialer(const Host& host, DialContext* context, absl::Duration begin, absl::Duration deadline,
         HostTimings* timings, absl::AnyInvocable<void()> on_trusted,
         absl::AnyInvocable<void(Result)> on_done);
  // Gives up where it has not ended.
  ~Dialer();
  Dialer(const Dialer&) = delete;
  Dialer& operator=(const Dialer&) = delete;

  void Start();

 private:
  enum class Phase {
    kConnecting,
    kHandshake,
    kHandshakeAside,    // a helper thread computes
    kSearchingHostKey,  // a helper thread tries hashed names in known_hosts
    kWrongHostKey,      // another one is to be asked for, over another connection
    kSavingHostKey,     // a helper thread writes known_hosts
    kLogin,
    kAwaitingReport,  // of the process that the connection led through
    kEnded,
  };

  // Has a helper thread do something with known_hosts, and calls `done` on the loop, unless this is
  // gone by then.
  template <typename Work, typename Done>
  void OnHelper(Work work, Done done);
  void Connect();
  void OnConnected(ConnectResult result);
  void BeginHandshake(UniqueFd connected);
  // Takes steps until one has to wait, then says what to wait for.
  void Advance();
  void Wait();
  // Whether nothing may be taken in until a helper thread is done.
  bool Parked() const;
  // One step; whether to go on at once.
  bool Step();
  bool Handshake();
  bool AfterHandshake(SshTransport::Step step);
  bool HandshakeAside();
  void OnHandshakeAside(SshTransport::Step step);
  bool CheckHostKey();
  bool RejectHostKey(const KnownHosts::Lookup& lookup);
  bool SearchHostKey();
  bool MayShowAnother(const HostKey& key) const;
  void Redial();
  bool SaveHostKey();
  void WriteHostKey();
  void OnHostKeyWritten(const absl::StatusOr<KnownHosts::Added>& added);
  bool RejectUnknown(const std::string& shown, const std::string& note);
  // The host, as messages about its key name it.
  std::string KeyOwner() const;
  bool Reject(Cause cause, std::string message);
  void BeginLogin();
  bool LogIn();
  void FailLogin();
  // Whether it is to be called again, once there is a report.
  bool AwaitsReport(void (Dialer::*again)());
  void OnReport(ProxyProcess::Report report, void (Dialer::*again)());
  bool JumpIsLost() const;
  bool ProxyHasFailed() const;
  void OnTimeout();
  std::string PhaseName() const;

  absl::Duration SinceBegin() const { return context_->loop->Now() - begin_; }
  void Succeed();
  void FailTransport();
  void FailConnect(ConnectResult result);
  void FailProxy();
  void Fail(HostState state, Cause cause, std::string message);
  void End();

  const Host& host_;
  DialContext* const context_;
  const absl::Duration begin_;
  absl::Duration deadline_;
  HostTimings* const timings_;
  absl::AnyInvocable<void()> on_trusted_;
  absl::AnyInvocable<void(Result)> on_done_;

  Phase phase_ = Phase::kConnecting;
  Phase failed_phase_ = Phase::kConnecting;  // while a report is awaited
  absl::Duration aside_since_;
  std::unique_ptr<Timer> timer_;
  std::unique_ptr<Connector::Attempt> attempt_;
  std::vector<std::string> asked_types_;  // known ones, when this handshake began
  bool redialed_ = false;
  std::unique_ptr<Timer> save_timer_;  // until known_hosts is tried to be written again
  absl::Duration save_deadline_;
  std::shared_ptr<ProxyProcess> process_;        // ConnectResult's
  absl::optional<ProxyProcess::Report> report_;  // its
  std::shared_ptr<SshTransport> transport_;  // shared with a helper thread while that is at work
  std::unique_ptr<FdWatch> watch_;           // of the transport's descriptor: destroyed first
  std::unique_ptr<Login> login_;
  absl::Duration start_;  // of this connection
  absl::Duration first_answer_ = -absl::InfiniteDuration();
  Result result_;
  Lifetime lifetime_;
};

// Whether a session to the host that is open, with this key, is one that the run would have made.
bool TrustsSession(const Host& host, const DialContext& context, const HostKey& key);
// The same of the way there: the jump hosts with these keys. Null: none.
bool TrustsWay(const std::vector<Hop>& hops, const Way* way);

// Whether what went wrong before the command can pass by itself.
bool CanPass(const HostOutcome& outcome);

}  // namespace muster::engine

#endif  // SSH_ENGINE_DIAL_DIALER_H_
