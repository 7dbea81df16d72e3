#include "ssh_engine/libssh/libssh_transport.h"

#include <errno.h>
#include <fcntl.h>
#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ssh_engine/base/peer_text.h"
#include "ssh_engine/credentials/ssh_key.h"
#include "ssh_engine/libssh/algorithms.h"
#include "ssh_engine/libssh/interposed/libssh_gssapi.h"
#include "ssh_engine/libssh/key_exchange_forecast.h"
#include "ssh_engine/libssh/libssh_exec_channel.h"
#include "ssh_engine/libssh/libssh_link.h"
#include "ssh_engine/libssh/libssh_login.h"
#include "ssh_engine/libssh/libssh_tunnel.h"

namespace muster::engine {
namespace {

using Step = SshStep;
using AuthStep = SshTransport::AuthStep;

constexpr size_t kGreetingBytes = 64;
// What a peer that has vanished without a word costs: a minute.
constexpr int kKeepAliveIdleSeconds = 30;
constexpr int kKeepAliveIntervalSeconds = 10;
constexpr int kKeepAliveProbes = 3;
constexpr int kUnacknowledgedMilliseconds = 60'000;
constexpr absl::string_view kPenaltyGreeting = "Not allowed at this time";  // sshd.c

void SetSocketOption(int fd, int level, int name, int value) {
  setsockopt(fd, level, name, &value, sizeof(value));
}

void KeepAlive(int fd) {
  SetSocketOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  SetSocketOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveIdleSeconds);
  SetSocketOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, kKeepAliveIntervalSeconds);
  SetSocketOption(fd, IPPROTO_TCP, TCP_KEEPCNT, kKeepAliveProbes);
  SetSocketOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, kUnacknowledgedMilliseconds);
}

class LibsshTransport final : public SshTransport, private LibsshLink {
 public:
  using Step = SshStep;
  using AuthStep = SshTransport::AuthStep;

  LibsshTransport(UniqueFd socket, SshTransportOptions options)
      : LibsshLink(std::move(socket)), options_(std::move(options)) {}
  ~LibsshTransport() override;

  int fd() const override { return LibsshLink::fd(); }
  Step Handshake() override;
  bool TakesLong() const override { return takes_long_; }
  const HostKey& host_key() const override { return host_key_; }
  AuthStep Authenticate(const Identity& identity) override { return login_.ByKey(identity); }
  AuthStep AuthenticateByAgent(const std::string& agent_socket,
                               const std::string& public_key) override {
    return login_.ByAgent(agent_socket, public_key);
  }
  AuthStep AuthenticateByPassword(const std::string& password) override {
    return login_.ByPassword(password);
  }
  AuthStep AuthenticateByAnswers(const Secret* password,
                                 const std::vector<PreparedAnswer>& answers) override {
    return login_.ByAnswers(password, answers);
  }
  const std::string& question() const override { return login_.question(); }
  Answered answered() const override { return login_.answered(); }
  AuthStep AuthenticateByTicket(const TicketSource& tickets) override {
    return login_.ByTicket(tickets, options_.host);
  }
  const std::string& ticket_problem() const override { return login_.ticket_problem(); }
  absl::Time tickets_expire() const override { return login_.tickets_expire(); }
  void Abort() override { login_.Abort(); }
  AuthStep AuthenticateWithoutKey() override { return login_.WithoutKey(); }
  std::string AuthenticationMethods() const override { return login_.Methods(); }
  std::string LoginText() const override { return login_.Text(); }
  std::unique_ptr<ExecChannel> NewExecChannel(ExecChannel::Output output) override {
    return NewLibsshExecChannel(this, std::move(output), &reusable_);
  }
  std::unique_ptr<SshTunnel> NewTunnel(const std::string& address, uint16_t port,
                                       TunnelUser* user) override {
    return NewLibsshTunnel(this, address, port, user);
  }
  Step Pump() override { return LibsshLink::Pump(); }
  bool HasMore() const override { return has_more(); }
  uint64_t received_bytes() const override { return LibsshLink::received_bytes(); }
  void AskForLife() override { LibsshLink::AskForLife(); }
  void GiveUp(TransportFailure failure) override { LibsshLink::GiveUp(std::move(failure)); }
  bool Reusable() override { return reusable_ && Alive(); }
  bool WantsWrite() const override { return LibsshLink::WantsWrite(); }
  const TransportFailure& failure() const override { return LibsshLink::failure(); }

 private:
  Step TryHandshake();
  bool Begin();
  bool Configure();
  const char* KeyExchanges() const;
  // What was asked for, else `own`.
  const char* Asked(std::string Algorithms::*list, const char* own) const;
  bool SetAlgorithms();
  bool SetSignatures();
  bool SetLimits();
  std::string HostKeys() const;
  bool PeerHasSpoken();
  bool WillTakeLong();
  bool Throttled() const;
  bool ReadHostKey();
  bool SettleOnKeyExchange();
  Step FailToBegin();
  std::string RemarkOnSize(absl::string_view error) const;
  Step FailHandshake();
  Step FailBeforeBanner();

  const SshTransportOptions options_;
  std::unique_ptr<KeyExchangeForecast> forecast_ =
      std::make_unique<KeyExchangeForecast>(KeyExchanges());
  bool takes_long_ = false;
  std::string greeting_;  // how the peer's first bytes begin
  HostKey host_key_;
  LibsshLogin login_{this};
  bool reusable_ = true;
};

// Outside of a turn: libssh sends by itself, and closes the socket.
LibsshTransport::~LibsshTransport() {
  if (session_ == nullptr) return;
  const LibsshGssapi::Scope scope(login_.gssapi());
  if (login_.done() && Alive() && !io_.HasUnsent()) ssh_disconnect(session_);
  ssh_event_free(event_);
  ssh_free(session_);
}

bool LibsshTransport::Configure() {
  const auto set = [this](ssh_options_e option, const void* value) {
    return ssh_options_set(session_, option, value) == SSH_OK;
  };
  const bool no = false;
  const int fd = socket_.get();
  const bool compresses = options_.algorithms != nullptr && options_.algorithms->compression;
  const char* const zlib = compresses ? "zlib@openssh.com,none" : "none";
  // No host name and no folder: libssh would read known_hosts at every key exchange and look up the
  // user's home.
  return set(SSH_OPTIONS_PROCESS_CONFIG, &no) && set(SSH_OPTIONS_SSH_DIR, "/nonexistent") &&
         set(SSH_OPTIONS_KNOWNHOSTS, "/dev/null") &&
         set(SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null") &&
         set(SSH_OPTIONS_USER, options_.user.c_str()) && SetAlgorithms() &&
         set(SSH_OPTIONS_COMPRESSION_C_S, zlib) && set(SSH_OPTIONS_COMPRESSION_S_C, zlib) &&
         set(SSH_OPTIONS_FD, &fd);
}

const char* LibsshTransport::KeyExchanges() const {
  return Asked(&Algorithms::key_exchanges, AllKeyExchanges());
}

const char* LibsshTransport::Asked(std::string Algorithms::*list, const char* own) const {
  const Algorithms* const asked = options_.algorithms.get();
  return asked == nullptr || (asked->*list).empty() ? own : (asked->*list).c_str();
}

bool LibsshTransport::SetAlgorithms() {
  const auto set = [this](ssh_options_e option, const char* list) {
    return ssh_options_set(session_, option, list) == SSH_OK;
  };
  const char* const ciphers = Asked(&Algorithms::ciphers, kCiphers);
  const char* const macs = Asked(&Algorithms::macs, kMacs);
  return set(SSH_OPTIONS_KEY_EXCHANGE, KeyExchanges()) && set(SSH_OPTIONS_CIPHERS_C_S, ciphers) &&
         set(SSH_OPTIONS_CIPHERS_S_C, ciphers) && set(SSH_OPTIONS_HMAC_C_S, macs) &&
         set(SSH_OPTIONS_HMAC_S_C, macs) && set(SSH_OPTIONS_HOSTKEYS, HostKeys().c_str()) &&
         SetSignatures() && SetLimits();
}

bool LibsshTransport::SetSignatures() {
  const char* const asked = Asked(&Algorithms::signatures, nullptr);
  return asked == nullptr ||
         ssh_options_set(session_, SSH_OPTIONS_PUBLICKEY_ACCEPTED_TYPES, asked) == SSH_OK;
}

bool LibsshTransport::SetLimits() {
  if (options_.algorithms == nullptr) return true;
  const Algorithms& asked = *options_.algorithms;
  const auto seconds = static_cast<uint32_t>(absl::ToInt64Seconds(asked.rekey_interval));
  return ssh_options_set(session_, SSH_OPTIONS_RSA_MIN_SIZE, &asked.least_rsa_bits) == SSH_OK &&
         ssh_options_set(session_, SSH_OPTIONS_REKEY_DATA, &asked.rekey_bytes) == SSH_OK &&
         ssh_options_set(session_, SSH_OPTIONS_REKEY_TIME, &seconds) == SSH_OK;
}

std::string LibsshTransport::HostKeys() const {
  const char* const list = Asked(&Algorithms::host_keys, kHostKeys);
  const bool as_is = options_.algorithms != nullptr && options_.algorithms->host_keys_in_this_order;
  return as_is ? list : HostKeyAlgorithms(list, options_.known_key_types);
}

bool LibsshTransport::Begin() {
  session_ = ssh_new();
  if (session_ == nullptr) return false;
  ssh_set_blocking(session_, 0);
  ssh_set_counters(session_, &counter_, &packets_);
  // Else libssh keeps what the server asks of us until somebody reads it. What is to be answered is
  // refused.
  ssh_set_message_callback(
      session_, [](ssh_session, ssh_message, void*) { return 1; }, nullptr);
  if (!Configure()) return false;
  // libssh frees the session's socket and then uses it when sending the banner fails.
  int error = 0;
  socklen_t size = sizeof(error);
  if (getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
    failure_ = {Cause::kReset, false, strerror(error)};
    return false;
  }
  KeepAlive(socket_.get());
  const int fd = socket_.get();
  ssh_connect(session_);
  socket_.Release();
  // From now on libssh closes the descriptor, whichever way it goes.
  const int none = -1;
  ssh_options_set(session_, SSH_OPTIONS_FD, &none);
  // ssh_connect has made it blocking (ssh_socket_pollcallback).
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  event_ = ssh_event_new();
  return event_ != nullptr && ssh_event_add_session(event_, session_) == SSH_OK;
}

Step LibsshTransport::Handshake() {
  if (io_.fd() < 0) io_.SetFd(socket_.get());
  return TakeTurn([this] { return TryHandshake(); });
}

Step LibsshTransport::TryHandshake() {
  if (WillTakeLong()) return Step::kAgain;
  if (event_ == nullptr && !Begin()) return FailToBegin();
  if (!PeerHasSpoken()) return Settle() ? Step::kAgain : FailHandshake();
  // No line before or of a banner has a NUL (RFC 4253, 4.2).
  if (absl::StrContains(greeting_.substr(0, greeting_.find('\n')), '\0')) {
    return FailBeforeBanner();
  }
  const int result = ssh_connect(session_);
  if (result == SSH_ERROR || !Settle()) return FailHandshake();
  if (counter_.in_bytes > kMostBytesBeforeLogin) {
    return Fail(
        {Cause::kProtocol, false,
         absl::StrCat("the peer sent ", counter_.in_bytes,
                      " bytes without finishing the SSH handshake; is that an SSH server?")});
  }
  if (result == SSH_AGAIN) return Step::kAgain;
  if (!ReadHostKey() || !SettleOnKeyExchange()) return FailHandshake();
  io_.HoldOutput();  // our NEWKEYS: the login comes next
  return Step::kDone;
}

// Whether what has come, which libssh has not seen yet, had better be seen on another thread.
bool LibsshTransport::WillTakeLong() {
  if (forecast_ == nullptr) return false;
  const auto result = forecast_->Read(counter_.in_bytes, io_.Peek());
  io_.StopReceiving();  // libssh gets nothing that was not looked at
  if (result == KeyExchangeForecast::Result::kOpen) return false;
  forecast_.reset();
  takes_long_ = result == KeyExchangeForecast::Result::kSlow;
  if (takes_long_) io_.KeepInput();
  return takes_long_;
}

// Also remembers how the peer's first bytes begin: servers say in clear why they do not want to
// talk, and libssh does not tell. (The first ssh_connect only writes.)
bool LibsshTransport::PeerHasSpoken() {
  if (counter_.in_bytes > 0) return true;
  const absl::string_view bytes = io_.Peek();
  greeting_ = std::string(bytes.substr(0, kGreetingBytes));
  return !bytes.empty() || io_.ended();
}

Step LibsshTransport::FailToBegin() {
  if (failure_.message.empty()) {
    failure_ = {Cause::kLocal, false,
                absl::StrCat("no SSH session could be made: ", LibraryError())};
  }
  return Step::kFailed;
}

// drop_connection, sshd.c.
bool LibsshTransport::Throttled() const {
  return greeting_.empty() || absl::StartsWith(greeting_, "Exceeded MaxStartups") ||
         absl::StartsWith(greeting_, kPenaltyGreeting);
}

Step LibsshTransport::FailHandshake() {
  if (ssh_get_serverbanner(session_) == nullptr) return FailBeforeBanner();
  const std::string error = LibraryError();
  if (absl::StrContains(error, "Socket error")) {
    return Fail({Cause::kReset, false,
                 absl::StrCat("the connection broke in the middle of the SSH handshake: ", error)});
  }
  const std::string mismatch = ExplainMismatch(error);
  return Fail({Cause::kProtocol, false,
               absl::StrCat("the SSH handshake failed: ", mismatch.empty() ? error : mismatch,
                            RemarkOnSize(error))});
}

// libssh tells nothing of a host key that is too short but that.
std::string LibsshTransport::RemarkOnSize(absl::string_view error) const {
  const int least = options_.algorithms == nullptr ? 0 : options_.algorithms->least_rsa_bits;
  if (least == 0 || !absl::StrContains(error, "verify server hostkey")) return "";
  return absl::StrCat(" It may be an RSA key of less than ", least,
                      " bits, as ssh_config's RequiredRSASize asks for.");
}

Step LibsshTransport::FailBeforeBanner() {
  const bool quote = options_.quote_greeting;
  const std::string line = PeerText(greeting_.substr(0, greeting_.find_first_of("\r\n")));
  if (!Throttled()) {
    return Fail({Cause::kProtocol, false,
                 absl::StrCat("expected an SSH banner, got ",
                              quote ? absl::StrCat("\"", line, "\"") : "something else",
                              "; is that the port of an SSH server?")});
  }
  if (absl::StartsWith(greeting_, kPenaltyGreeting)) {
    return Fail({Cause::kPenalized, true,
                 absl::StrCat("the server closed the connection before its banner, saying \"", line,
                              "\": it penalizes this address for logins that failed or were broken "
                              "off before (sshd's PerSourcePenalties), for seconds to minutes, and "
                              "longer with each that comes meanwhile. Wait, mend what made them "
                              "fail, such as a wrong key, or have this address exempted there "
                              "(PerSourcePenaltyExemptList)")});
  }
  return Fail({Cause::kNone, true,
               absl::StrCat("the server closed the connection before its banner",
                            line.empty() || !quote ? "" : absl::StrCat(", saying \"", line, "\""),
                            ", as sshd does past its MaxStartups")});
}

// When keys are exchanged anew, which servers may ask for at any time, that is done on the loop:
// not by what takes long, where the server has something else. Where it has not, that is 8 ms at a
// time (diffie_hellman.cc), after those who have little to do (Session), and not without an end.
bool LibsshTransport::SettleOnKeyExchange() {
  if (takes_long_) chatter_.Tighten();
  if (takes_long_) return true;
  const char* const all = KeyExchanges();
  const std::string fast = all == AllKeyExchanges() ? kKeyExchanges : FastKeyExchanges(all);
  return fast.empty() ||
         ssh_options_set(session_, SSH_OPTIONS_KEY_EXCHANGE, fast.c_str()) == SSH_OK;
}

bool LibsshTransport::ReadHostKey() {
  ssh_key raw = nullptr;
  if (ssh_get_server_publickey(session_, &raw) != SSH_OK) return false;
  host_key_.blob = PublicBlob(SshKey(raw));
  host_key_.type = KeyTypeOf(host_key_.blob);
  return !host_key_.blob.empty();
}

}  // namespace

std::unique_ptr<SshTransport> NewLibsshTransport(UniqueFd socket, SshTransportOptions options) {
  return std::make_unique<LibsshTransport>(std::move(socket), std::move(options));
}

}  // namespace muster::engine
