// The one file that knows libssh's sessions (0.10). What is not obvious here was measured or read
// in its source; the functions named are upstream's.
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
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "ssh_engine/base/mutex.h"
#include "ssh_engine/base/peer_text.h"
#include "ssh_engine/credentials/agent.h"
#include "ssh_engine/credentials/ssh_key.h"
#include "ssh_engine/libssh/algorithms.h"
#include "ssh_engine/libssh/chatter_limit.h"
#include "ssh_engine/libssh/interposed/libssh_buffers.h"
#include "ssh_engine/libssh/interposed/libssh_socket.h"
#include "ssh_engine/libssh/key_exchange_forecast.h"
#include "ssh_engine/libssh/libssh_tunnel.h"

namespace muster::engine {
namespace {

using Step = SshTransport::Step;
using AuthStep = SshTransport::AuthStep;

// Before a login an honest server sends a few KiB; one that never ends would burn a core.
constexpr uint64_t kMaxBytesBeforeLogin = 256 * 1024;
// Of libssh's reads, 4 KiB each (MAX_BUF_SIZE, socket.c), before other descriptors have their turn:
// fewer at first, until it shows that there is always more.
constexpr int kReadsPerTurn = 64;
constexpr int kFirstReads = 16;
constexpr size_t kGreetingBytes = 64;
constexpr size_t kMostLoginText = 400;     // bytes, for a message
constexpr size_t kInitialWindow = 64'000;  // CHANNEL_INITIAL_WINDOW, channels.c
constexpr size_t kWindow = 1'280'000;      // WINDOWBASE, channels.c
constexpr size_t kMoreWindow = 2 * kInitialWindow;
constexpr size_t kMostSignalName = 64;
// Of answers and input that the server does not take.
constexpr size_t kMostUnsent = 4 * 1024 * 1024;
constexpr time_t kAgentConnectSeconds = 5;
// What a peer that has vanished without a word costs: a minute.
constexpr int kKeepAliveIdleSeconds = 30;
constexpr int kKeepAliveIntervalSeconds = 10;
constexpr int kKeepAliveProbes = 3;
constexpr int kUnacknowledgedMilliseconds = 60'000;

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

// How a connection ended, in libssh's words (ssh_packet_disconnect_callback, packet_cb.c;
// ssh_socket_exception_callback, session.c). The first goes on like "2:Too many failures".
constexpr absl::string_view kDisconnected = "Received SSH_MSG_DISCONNECT: ";
constexpr absl::string_view kEnded = "Socket error: disconnected";
constexpr absl::string_view kTooManyConnections = "12:";                    // RFC 4253, 11.1
constexpr absl::string_view kPenaltyGreeting = "Not allowed at this time";  // sshd.c

std::string Printable(absl::string_view bytes) { return PeerText(bytes); }

std::string Quoted(absl::string_view bytes) { return absl::StrCat("\"", Printable(bytes), "\""); }

// Where libssh gets the list of an agent's keys from: holds one key, and signs nothing.
class OneKeyAgent {
 public:
  explicit OneKeyAgent(const std::string& public_key) {
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) return;
    libsshs_.Reset(fds[0]);
    ours_.Reset(fds[1]);
    const std::string answer = AgentAnswer({{public_key, ""}});
    send(ours_.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    shutdown(ours_.get(), SHUT_WR);  // who asks for more gets an end, and does not wait
  }

  int fd() const { return libsshs_.get(); }

 private:
  UniqueFd libsshs_;
  UniqueFd ours_;
};

// A connection to an agent that another thread can break off.
class AgentLink {
 public:
  ~AgentLink() { Close(); }

  // Blocks for as long as the agent's backlog is full, at most kAgentConnectSeconds.
  bool Open(const std::string& path) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address.sun_path)) return false;
    path.copy(address.sun_path, path.size());
    UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval limit = {kAgentConnectSeconds, 0};
    setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    if (connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
      return false;
    }
    MutexLock lock(&mutex_);
    if (aborted_) return false;
    fd_ = std::move(fd);
    return true;
  }

  void Close() {
    MutexLock lock(&mutex_);
    fd_.Reset();
  }

  // A read or write under way ends at once.
  void Abort() {
    MutexLock lock(&mutex_);
    aborted_ = true;
    if (fd_.valid()) shutdown(fd_.get(), SHUT_RDWR);
  }

  int fd() {
    MutexLock lock(&mutex_);
    return fd_.get();
  }

 private:
  Mutex mutex_;
  UniqueFd fd_ ABSL_GUARDED_BY(mutex_);
  bool aborted_ ABSL_GUARDED_BY(mutex_) = false;
};

bool IsAgain(Step step) { return step == Step::kAgain; }
bool IsAgain(AuthStep step) { return step == AuthStep::kAgain; }

class LibsshTransport final : public SshTransport, private TunnelCarrier {
 public:
  LibsshTransport(UniqueFd socket, SshTransportOptions options)
      : socket_(std::move(socket)), options_(std::move(options)) {}
  ~LibsshTransport() override;

  int fd() const override;
  Step Handshake() override;
  bool TakesLong() const override { return takes_long_; }
  const HostKey& host_key() const override { return host_key_; }
  AuthStep Authenticate(const Identity& identity) override;
  AuthStep AuthenticateByAgent(const std::string& agent_socket,
                               const std::string& public_key) override;
  void Abort() override { agent_.Abort(); }
  AuthStep AuthenticateWithoutKey() override;
  std::string AuthenticationMethods() const override;
  std::string LoginText() const override;
  void SetOutput(Output output) override { output_ = std::move(output); }
  Step OpenChannel() override;
  Step Exec(const std::string& command) override;
  Step Pump() override;
  bool HasMore() const override { return has_more_; }
  const ExitReport& exit_report() const override { return exit_report_; }
  bool Release() override;
  Step PumpIdle() override;
  void Signal(const std::string& name) override;
  Step RunBeside(const std::string& command) override;
  const std::string& beside_output() const override { return beside_output_; }
  void CloseChannel() override;
  std::unique_ptr<SshTunnel> NewTunnel(const std::string& address, uint16_t port,
                                       TunnelUser* user) override {
    return NewLibsshTunnel(this, address, port, user);
  }
  bool WantsWrite() const override;
  const TransportFailure& failure() const override { return failure_; }

 private:
  void InTurn(absl::FunctionRef<void()> use) override;
  void CountData(size_t bytes) override { chatter_.CountData(bytes); }
  ssh_session session() override { return session_; }
  uint32_t NextChannel() override { return tunnels_++; }

  // Around every use of libssh: its socket is in memory meanwhile.
  class Turn {
   public:
    explicit Turn(LibsshTransport* transport)
        : transport_(transport), socket_(&transport->io_), buffers_(&transport->buffers_) {}
    ~Turn() {
      transport_->EndTurn();
      transport_->buffers_.GiveBack();
    }

   private:
    LibsshTransport* const transport_;
    const LibsshSocket::Scope socket_;
    const LibsshBuffers::Scope buffers_;
  };
  // One turn of a step: repeats it for as long as there is something to take in.
  template <typename Attempt>
  auto TakeTurn(Attempt attempt) -> decltype(attempt());
  // Nothing that has come may be left in the turn's buffer: nobody would be told of it again. A
  // step whose result depends on what comes takes it in by itself.
  void EndTurn();

  Step TryHandshake();
  Step TryOpenChannel();
  void WidenWindow();
  void RepeatWindow();
  void AskForWindow(size_t bytes);
  Step TryExec(const std::string& command);
  Step FailRefused();
  void TakeReply();
  void SendSignal();
  bool Begin();
  bool Configure();
  bool PeerHasSpoken();
  bool WillTakeLong();
  bool Throttled() const;
  bool ReadHostKey();
  bool SettleOnKeyExchange();
  AuthStep Offer(absl::FunctionRef<int()> call);
  AuthStep TryAgent(const std::string& agent_socket, const std::string& public_key);
  int OfferByAgent(const std::string& public_key);
  int BeginOfferByAgent(const std::string& public_key);
  void NoteAgentList(bool alone);
  AuthStep Conclude(int result);
  bool RefusedHere() const;

  // After each call into libssh: writes what it holds back, and tells whether the connection lives.
  bool Settle();
  bool Alive();
  bool LibraryWantsWrite() const;
  std::string LibraryError() const;
  Step FailToBegin();
  Step FailHandshake();
  Step FailBeforeBanner();
  Step Fail(TransportFailure failure);
  TransportFailure Loss() const;
  Step FailLost();
  Step FailFlooded();
  AuthStep FailLogin();

  void ListenToChannel();
  void FreeChannel();
  void ListenBeside();
  void FreeBeside();
  static int OnData(ssh_session, ssh_channel, void* data, uint32_t size, int is_stderr, void* self);
  static void OnEof(ssh_session, ssh_channel, void* self);
  static void OnClose(ssh_session, ssh_channel, void* self);
  static void OnExitStatus(ssh_session, ssh_channel, int status, void* self);
  static void OnExitSignal(ssh_session, ssh_channel, const char* signal, int core,
                           const char* message, const char* language, void* self);

  UniqueFd socket_;  // until libssh has it
  LibsshSocket io_;
  LibsshBuffers buffers_;
  SshTransportOptions options_;

  ssh_session session_ = nullptr;
  ssh_event event_ = nullptr;
  ssh_channel channel_ = nullptr;
  ssh_channel beside_ = nullptr;
  ssh_channel_callbacks_struct beside_callbacks_ = {};
  std::string beside_output_;
  bool beside_closed_ = false;
  bool beside_requested_ = false;
  bool beside_used_ = false;
  Output output_;
  ssh_channel_callbacks_struct callbacks_ = {};
  ssh_counter_struct counter_ = {};  // of the socket
  ssh_counter_struct packets_ = {};  // of their payload
  ChatterLimit chatter_;
  bool flooded_ = false;

  std::unique_ptr<KeyExchangeForecast> forecast_ = std::make_unique<KeyExchangeForecast>();
  bool takes_long_ = false;
  std::string greeting_;  // how the peer's first bytes begin
  HostKey host_key_;
  bool logged_in_ = false;
  bool reading_extensions_ = false;
  bool extensions_read_ = false;
  bool exec_asked_ = false;
  bool exec_sent_ = false;
  bool reply_due_ = false;  // to the exec request: libssh sends no further one before
  bool answered_ = false;   // by something that only a command sends
  std::string signal_due_;
  uint64_t received_ = 0;  // of the command's output
  uint64_t stops_at_ = 0;  // where it stops if the window was not widened
  bool closed_by_server_ = false;
  bool has_more_ = false;
  uint32_t tunnels_ = 0;  // that were opened
  ExitReport exit_report_;
  TransportFailure failure_;
  AgentLink agent_;
  bool agent_offers_ = false;        // libssh has the key to offer, and waits for the server
  ssh_buffer agent_list_ = nullptr;  // libssh's, of that key
};

// Outside of a turn: libssh sends by itself, and closes the socket.
LibsshTransport::~LibsshTransport() {
  FreeBeside();
  FreeChannel();
  if (session_ == nullptr) return;
  if (logged_in_ && Alive() && !io_.HasUnsent()) ssh_disconnect(session_);
  ssh_event_free(event_);
  ssh_free(session_);
}

int LibsshTransport::fd() const {
  if (session_ == nullptr || event_ == nullptr) return socket_.get();
  return ssh_get_fd(session_);
}

// --- Turns

template <typename Attempt>
auto LibsshTransport::TakeTurn(Attempt attempt) -> decltype(attempt()) {
  const Turn turn(this);
  auto step = attempt();
  for (int i = 0; i < kReadsPerTurn && IsAgain(step) && io_.input_size() > 0; ++i) step = attempt();
  return step;
}

void LibsshTransport::EndTurn() {
  io_.StopReceiving();
  for (size_t left = SIZE_MAX; event_ != nullptr && io_.input_size() < left && Alive();) {
    left = io_.input_size();
    if (left > 0 || LibraryWantsWrite()) ssh_event_dopoll(event_, 0);
  }
  // libssh closes it when the connection breaks, and its number may be somebody else's by now.
  if (fd() != io_.fd()) return io_.Forget();
  // Servers send in two parts and wait for our acknowledgement in between (Nagle): 40 ms a session.
  // Sending ends quick acknowledgement.
  if (io_.Flush() && !exec_sent_) SetSocketOption(io_.fd(), IPPROTO_TCP, TCP_QUICKACK, 1);
}

// --- Handshake

bool LibsshTransport::Configure() {
  const auto set = [this](ssh_options_e option, const void* value) {
    return ssh_options_set(session_, option, value) == SSH_OK;
  };
  const bool no = false;
  const int fd = socket_.get();
  // No host name and no folder: libssh would read known_hosts at every key exchange and look up the
  // user's home.
  return set(SSH_OPTIONS_PROCESS_CONFIG, &no) && set(SSH_OPTIONS_SSH_DIR, "/nonexistent") &&
         set(SSH_OPTIONS_KNOWNHOSTS, "/dev/null") &&
         set(SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null") &&
         set(SSH_OPTIONS_USER, options_.user.c_str()) &&
         set(SSH_OPTIONS_KEY_EXCHANGE,
             absl::StrCat(kKeyExchanges, ",", kSlowKeyExchanges).c_str()) &&
         set(SSH_OPTIONS_CIPHERS_C_S, kCiphers) && set(SSH_OPTIONS_CIPHERS_S_C, kCiphers) &&
         set(SSH_OPTIONS_HMAC_C_S, kMacs) && set(SSH_OPTIONS_HMAC_S_C, kMacs) &&
         set(SSH_OPTIONS_HOSTKEYS, HostKeyAlgorithms(options_.known_key_types).c_str()) &&
         set(SSH_OPTIONS_COMPRESSION_C_S, "none") && set(SSH_OPTIONS_COMPRESSION_S_C, "none") &&
         set(SSH_OPTIONS_FD, &fd);
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
  if (counter_.in_bytes > kMaxBytesBeforeLogin) {
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
               absl::StrCat("the SSH handshake failed: ", mismatch.empty() ? error : mismatch)});
}

Step LibsshTransport::FailBeforeBanner() {
  const bool quote = options_.quote_greeting;
  const std::string line = Printable(greeting_.substr(0, greeting_.find_first_of("\r\n")));
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
  return takes_long_ ||
         ssh_options_set(session_, SSH_OPTIONS_KEY_EXCHANGE, kKeyExchanges) == SSH_OK;
}

bool LibsshTransport::ReadHostKey() {
  ssh_key raw = nullptr;
  if (ssh_get_server_publickey(session_, &raw) != SSH_OK) return false;
  host_key_.blob = PublicBlob(SshKey(raw));
  host_key_.type = KeyTypeOf(host_key_.blob);
  return !host_key_.blob.empty();
}

// --- Authentication

AuthStep LibsshTransport::Authenticate(const Identity& identity) {
  return TakeTurn([&] {
    return Offer(
        [&] { return ssh_userauth_publickey(session_, nullptr, identity.private_key.get()); });
  });
}

AuthStep LibsshTransport::AuthenticateByAgent(const std::string& agent_socket,
                                              const std::string& public_key) {
  return TakeTurn([&] { return TryAgent(agent_socket, public_key); });
}

AuthStep LibsshTransport::TryAgent(const std::string& agent_socket, const std::string& public_key) {
  if (agent_.fd() < 0 && !agent_.Open(agent_socket)) return AuthStep::kUnproven;
  const AuthStep step = Offer([&] { return OfferByAgent(public_key); });
  // Else libssh would close it once more.
  ssh_set_agent_socket(session_, SSH_INVALID_SOCKET);
  if (step != AuthStep::kAgain) agent_.Close();
  return step;
}

// libssh offers all that an agent has, one after the other, and tells of none. So it is shown one
// key at a time; who signs is the user's agent.
int LibsshTransport::OfferByAgent(const std::string& public_key) {
  if (!agent_offers_) return BeginOfferByAgent(public_key);
  ssh_set_agent_socket(session_, agent_.fd());
  const int result = ssh_userauth_agent(session_, nullptr);
  agent_offers_ = result == SSH_AUTH_AGAIN;
  return result;
}

int LibsshTransport::BeginOfferByAgent(const std::string& public_key) {
  const OneKeyAgent agent(public_key);
  if (agent.fd() < 0) return SSH_AUTH_ERROR;  // libssh would look for one itself
  const size_t buffers = buffers_.count();
  ssh_set_agent_socket(session_, agent.fd());
  const int result = ssh_userauth_agent(session_, nullptr);
  agent_offers_ = result == SSH_AUTH_AGAIN;
  if (buffers_.count() > buffers) NoteAgentList(buffers_.count() == buffers + 1);
  return result;
}

// libssh 0.10 loses the list that it has when it gets another one (ssh_agent_get_ident_count,
// agent.c). `alone`: nothing but the new one was made and kept.
void LibsshTransport::NoteAgentList(bool alone) {
  const ssh_buffer last = std::exchange(agent_list_, alone ? buffers_.newest() : nullptr);
  if (alone && last != agent_list_ && buffers_.Has(last)) ssh_buffer_free(last);
}

AuthStep LibsshTransport::AuthenticateWithoutKey() {
  if (extensions_read_) return AuthStep::kDenied;  // it was asked then
  return TakeTurn([&] { return Conclude(ssh_userauth_none(session_, nullptr)); });
}

// Whether it was libssh that said no: it does so for RSA keys as long as it has not seen which
// signatures the server takes (EXT_INFO, RFC 8308), which comes right after the key exchange.
bool LibsshTransport::RefusedHere() const {
  return absl::StrContains(LibraryError(), "not allowed");
}

AuthStep LibsshTransport::Offer(absl::FunctionRef<int()> call) {
  if (reading_extensions_) {
    const AuthStep step = Conclude(ssh_userauth_none(session_, nullptr));
    if (step != AuthStep::kDenied) return step;
    reading_extensions_ = false;
    extensions_read_ = true;
  }
  const AuthStep step = Conclude(call());
  if (step != AuthStep::kDenied || extensions_read_ || !RefusedHere()) return step;
  reading_extensions_ = true;
  return Offer(call);
}

AuthStep LibsshTransport::Conclude(int result) {
  if (!Settle()) return FailLogin();
  if (counter_.in_bytes > kMaxBytesBeforeLogin) return FailLogin();
  if (result == SSH_AUTH_AGAIN) return AuthStep::kAgain;
  if (result == SSH_AUTH_PARTIAL) return AuthStep::kPartial;
  if (result == SSH_AUTH_ERROR) return AuthStep::kUnproven;
  if (result != SSH_AUTH_SUCCESS) return AuthStep::kDenied;
  logged_in_ = true;
  return AuthStep::kAccepted;
}

std::string LibsshTransport::AuthenticationMethods() const {
  const int methods = ssh_userauth_list(session_, nullptr);
  std::vector<absl::string_view> names;
  if (methods & SSH_AUTH_METHOD_PUBLICKEY) names.push_back("publickey");
  if (methods & SSH_AUTH_METHOD_PASSWORD) names.push_back("password");
  if (methods & SSH_AUTH_METHOD_INTERACTIVE) names.push_back("keyboard-interactive");
  if (methods & SSH_AUTH_METHOD_HOSTBASED) names.push_back("hostbased");
  if (methods & SSH_AUTH_METHOD_GSSAPI_MIC) names.push_back("gssapi-with-mic");
  return absl::StrJoin(names, ",");
}

std::string LibsshTransport::LoginText() const {
  char* const text = ssh_get_issue_banner(session_);
  const std::vector<std::string> words =
      absl::StrSplit(text != nullptr ? text : "", absl::ByAnyChar(" \t\r\n"), absl::SkipEmpty());
  ssh_string_free_char(text);
  return PeerText(absl::StrJoin(words, " "), kMostLoginText);
}

// --- The command

Step LibsshTransport::OpenChannel() {
  return TakeTurn([this] { return TryOpenChannel(); });
}

Step LibsshTransport::TryOpenChannel() {
  if (channel_ == nullptr) {
    channel_ = ssh_channel_new(session_);
    if (channel_ == nullptr) return FailLost();
    ListenToChannel();
  }
  const int result = ssh_channel_open_session(channel_);
  if (!Settle()) return FailLost();
  if (result == SSH_AGAIN) return Step::kAgain;
  if (result == SSH_OK) return Step::kDone;
  return Fail(
      {Cause::kExecRefused, false, absl::StrCat("the server opened no session: ", LibraryError())});
}

Step LibsshTransport::Exec(const std::string& command) {
  return TakeTurn([&] { return TryExec(command); });
}

// libssh opens a channel for 64,000 bytes, and asks for more when the first have come, or when it
// is to read more than that. That is said with the request, and no packet by itself; after it on
// the wire, for some servers forget what comes before (ssh2 of npm).
void LibsshTransport::WidenWindow() {
  AskForWindow(kInitialWindow + 1);
  received_ = 0;
  stops_at_ = kInitialWindow;
}

// A server that has stopped exactly where its window ends has not taken notice of the wider one: it
// is told again, each time, since libssh believes in a window that is wider.
void LibsshTransport::RepeatWindow() {
  if (received_ != stops_at_) return;
  AskForWindow(kWindow - kInitialWindow + kMoreWindow);
  stops_at_ += kMoreWindow;
}

void LibsshTransport::AskForWindow(size_t bytes) {
  static char nothing[kWindow + kMoreWindow];  // what comes goes to OnData
  io_.StopReceiving();
  ssh_channel_read_timeout(channel_, nothing, static_cast<uint32_t>(bytes), 0, 0);
}

Step LibsshTransport::TryExec(const std::string& command) {
  const bool first = !std::exchange(exec_asked_, true);
  if (first) io_.StopReceiving();  // nothing can have come
  const int result = ssh_channel_request_exec(channel_, command.c_str());
  // Commands read end of file rather than wait for input. It goes with the request, as OpenSSH's
  // does that has none.
  if (first && !closed_by_server_ && result != SSH_ERROR) {
    WidenWindow();
    ssh_channel_send_eof(channel_);
  }
  if (!Settle()) return FailLost();
  reply_due_ = result == SSH_AGAIN;
  if (reply_due_ && !answered_) return Step::kAgain;
  if (!reply_due_ && result != SSH_OK) return FailRefused();
  exec_sent_ = true;
  return Step::kDone;
}

Step LibsshTransport::FailRefused() {
  return Fail({Cause::kExecRefused, false, "the server refused to run a command"});
}

// That of a server that sent output before it.
void LibsshTransport::TakeReply() {
  const int result = ssh_channel_request_exec(channel_, "");  // it is not sent again
  if (result == SSH_AGAIN) return;
  reply_due_ = false;
  if (result != SSH_OK && Alive()) FailRefused();
  SendSignal();
}

Step LibsshTransport::Pump() {
  const Turn turn(this);
  const int most = std::exchange(has_more_, false) ? kReadsPerTurn : kFirstReads;
  for (int i = 0; !closed_by_server_; ++i) {
    if (i == most) {
      has_more_ = true;
      io_.StopReceiving();
    }
    if (reply_due_) TakeReply();
    if (failure_.cause == Cause::kExecRefused) return Step::kFailed;
    const int result = ssh_event_dopoll(event_, 0);
    if (closed_by_server_) break;
    if (result == SSH_AGAIN) {
      RepeatWindow();
      return Settle() ? Step::kAgain : FailLost();
    }
    if (result == SSH_ERROR || !Alive()) return FailLost();
  }
  return Step::kDone;
}

void LibsshTransport::FreeChannel() {
  if (channel_ == nullptr) return;
  // Else they would still be called from within the calls that follow.
  ssh_remove_channel_callbacks(channel_, &callbacks_);
  ssh_channel_free(channel_);  // sends our close where theirs has come
  channel_ = nullptr;
}

bool LibsshTransport::Release() {
  const Turn turn(this);
  io_.StopReceiving();
  // What a second channel left unread would come to the next command.
  const bool closed = closed_by_server_ && !beside_used_;
  FreeBeside();
  FreeChannel();
  output_ = nullptr;
  exit_report_ = ExitReport();
  exec_asked_ = false;
  exec_sent_ = false;
  reply_due_ = false;
  answered_ = false;
  signal_due_.clear();
  closed_by_server_ = false;
  return closed && Settle();
}

Step LibsshTransport::PumpIdle() {
  const Turn turn(this);
  for (int i = 0;; ++i) {
    if (i == kReadsPerTurn) io_.StopReceiving();
    const int result = ssh_event_dopoll(event_, 0);
    if (result == SSH_AGAIN) return Settle() ? Step::kAgain : FailLost();
    if (result == SSH_ERROR) return FailLost();
  }
}

void LibsshTransport::InTurn(absl::FunctionRef<void()> use) {
  const Turn turn(this);
  io_.StopReceiving();
  use();
  Settle();
}

void LibsshTransport::Signal(const std::string& name) {
  const Turn turn(this);
  io_.StopReceiving();
  signal_due_ = name;
  reply_due_ ? TakeReply() : SendSignal();
  Settle();
}

void LibsshTransport::SendSignal() {
  if (signal_due_.empty() || closed_by_server_) return;
  ssh_channel_request_send_signal(channel_, std::exchange(signal_due_, "").c_str());
}

// --- The second channel

// Takes nothing in: what comes is for Pump.
Step LibsshTransport::RunBeside(const std::string& command) {
  const Turn turn(this);
  io_.StopReceiving();
  if (beside_ == nullptr) {
    beside_used_ = true;
    beside_ = ssh_channel_new(session_);
    if (beside_ == nullptr) return Step::kFailed;
    ListenBeside();
  }
  if (beside_closed_) return Step::kDone;
  if (!beside_requested_) {
    int result = ssh_channel_open_session(beside_);
    if (result == SSH_OK) result = ssh_channel_request_exec(beside_, command.c_str());
    if (!Settle() || result == SSH_AGAIN) return Step::kAgain;  // Pump sees what was lost
    if (result != SSH_OK) return Step::kFailed;
    beside_requested_ = true;
    if (!beside_closed_) ssh_channel_send_eof(beside_);
    Settle();
  }
  return beside_closed_ ? Step::kDone : Step::kAgain;
}

void LibsshTransport::FreeBeside() {
  if (beside_ != nullptr) {
    ssh_remove_channel_callbacks(beside_, &beside_callbacks_);
    ssh_channel_free(beside_);
    beside_ = nullptr;
  }
  beside_output_.clear();
  beside_closed_ = beside_requested_ = false;
}

void LibsshTransport::ListenBeside() {
  constexpr size_t kKept = 1024;
  beside_callbacks_ = {};
  beside_callbacks_.userdata = this;
  beside_callbacks_.channel_data_function = [](ssh_session, ssh_channel, void* data, uint32_t size,
                                               int, void* self) {
    std::string& output = static_cast<LibsshTransport*>(self)->beside_output_;
    output.append(static_cast<const char*>(data), std::min<size_t>(size, kKept - output.size()));
    return static_cast<int>(size);
  };
  beside_callbacks_.channel_close_function = [](ssh_session, ssh_channel, void* self) {
    static_cast<LibsshTransport*>(self)->beside_closed_ = true;
  };
  ssh_callbacks_init(&beside_callbacks_);
  ssh_set_channel_callbacks(beside_, &beside_callbacks_);
}

void LibsshTransport::CloseChannel() {
  const Turn turn(this);
  io_.StopReceiving();
  ssh_channel_close(channel_);
  Settle();
}

void LibsshTransport::ListenToChannel() {
  callbacks_.userdata = this;
  callbacks_.channel_data_function = OnData;
  callbacks_.channel_eof_function = OnEof;
  callbacks_.channel_close_function = OnClose;
  callbacks_.channel_exit_status_function = OnExitStatus;
  callbacks_.channel_exit_signal_function = OnExitSignal;
  ssh_callbacks_init(&callbacks_);
  ssh_set_channel_callbacks(channel_, &callbacks_);
}

int LibsshTransport::OnData(ssh_session, ssh_channel, void* data, uint32_t size, int is_stderr,
                            void* self) {
  auto* transport = static_cast<LibsshTransport*>(self);
  transport->answered_ = true;
  transport->received_ += size;
  transport->chatter_.CountData(size);
  transport->output_(is_stderr ? OutputStream::kStderr : OutputStream::kStdout,
                     absl::string_view(static_cast<const char*>(data), size));
  return static_cast<int>(size);
}

void LibsshTransport::OnEof(ssh_session, ssh_channel, void* self) {
  auto* transport = static_cast<LibsshTransport*>(self);
  transport->answered_ = true;
  transport->exit_report_.end_of_output = true;
}

// Data in order and then the close: nothing can be missing (RFC 4254, 5.3).
void LibsshTransport::OnClose(ssh_session, ssh_channel, void* self) {
  auto* transport = static_cast<LibsshTransport*>(self);
  transport->answered_ = true;
  transport->exit_report_.end_of_output = true;
  transport->closed_by_server_ = true;
}

void LibsshTransport::OnExitStatus(ssh_session, ssh_channel, int status, void* self) {
  auto* transport = static_cast<LibsshTransport*>(self);
  transport->answered_ = true;
  transport->exit_report_.has_status = true;
  // On the wire it has no sign.
  transport->exit_report_.status = static_cast<uint32_t>(status);
}

void LibsshTransport::OnExitSignal(ssh_session, ssh_channel, const char* signal, int core,
                                   const char*, const char*, void* self) {
  auto* transport = static_cast<LibsshTransport*>(self);
  transport->answered_ = true;
  ExitReport& report = transport->exit_report_;
  report.has_signal = true;
  report.signal = signal != nullptr ? Printable({signal, strnlen(signal, kMostSignalName)}) : "";
  report.core_dumped = core != 0;
}

// --- The connection

// A server that says too much beside output is given up: what comes is not looked at any more.
bool LibsshTransport::Alive() {
  if ((ssh_get_status(session_) & (SSH_CLOSED | SSH_CLOSED_ERROR)) != 0) return false;
  flooded_ = flooded_ ||
             chatter_.Passed(packets_.in_bytes, packets_.in_packets, packets_.out_bytes) ||
             io_.unsent_size() > kMostUnsent;
  return !flooded_;
}

bool LibsshTransport::Settle() {
  if (!Alive()) return false;
  // libssh asks for writability after each write, whether or not there is more to write.
  if (!LibraryWantsWrite()) return true;
  ssh_event_dopoll(event_, 0);
  return Alive();
}

bool LibsshTransport::WantsWrite() const { return io_.HasUnsent() || LibraryWantsWrite(); }

bool LibsshTransport::LibraryWantsWrite() const {
  return (ssh_get_poll_flags(session_) & SSH_WRITE_PENDING) != 0;
}

std::string LibsshTransport::LibraryError() const {
  return session_ == nullptr ? "out of memory" : Printable(ssh_get_error(session_));
}

Step LibsshTransport::Fail(TransportFailure failure) {
  failure_ = std::move(failure);
  return Step::kFailed;
}

Step LibsshTransport::FailLost() { return flooded_ ? FailFlooded() : Fail(Loss()); }

Step LibsshTransport::FailFlooded() {
  return Fail(
      {Cause::kProtocol, false,
       absl::StrCat("the server sent ", packets_.in_bytes, " bytes in ", packets_.in_packets,
                    " packets, far more than belongs to any output: requests, notices and "
                    "the like; the connection was closed")});
}

TransportFailure LibsshTransport::Loss() const {
  absl::string_view error = ssh_get_error(session_);
  if (absl::ConsumePrefix(&error, kDisconnected)) {
    const absl::string_view words = error.substr(error.find(':') + 1);
    return {Cause::kReset, absl::StartsWith(error, kTooManyConnections),
            absl::StrCat("the server ended the connection, saying ", Quoted(words)), true};
  }
  if (error == kEnded) {
    return {Cause::kReset, false, "the server closed the connection without a word", true};
  }
  return {absl::StrContains(error, "timed out") ? Cause::kTimeout : Cause::kReset, false,
          absl::StrCat("the connection broke: ", LibraryError())};
}

AuthStep LibsshTransport::FailLogin() {
  if (Alive()) {
    Fail({Cause::kProtocol, false, "the server sent too much before the login"});
  } else {
    FailLost();
  }
  return AuthStep::kFailed;
}

}  // namespace

std::unique_ptr<SshTransport> NewLibsshTransport(UniqueFd socket, SshTransportOptions options) {
  return std::make_unique<LibsshTransport>(std::move(socket), std::move(options));
}

}  // namespace muster::engine
