// Stand-ins for what a host's task talks to. The test says what they answer.
#ifndef TESTS_SSH_ENGINE_FAKES_H_
#define TESTS_SSH_ENGINE_FAKES_H_

#include <libssh/libssh.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "ssh_engine/host.h"
#include "ssh_engine/host_keys/known_hosts.h"
#include "ssh_engine/net/connector.h"
#include "ssh_engine/observer.h"
#include "ssh_engine/output.h"
#include "ssh_engine/proxy/proxy_connector.h"
#include "ssh_engine/transport/ssh_transport.h"

namespace muster::engine {

class FakeConnector final : public Connector {
 public:
  std::unique_ptr<Attempt> Connect(absl::string_view host, uint16_t port,
                                   const ConnectOptions& options, Callback callback) override {
    last_options = options;
    hosts_.emplace_back(host);
    if (on_connect) on_connect();
    auto attempt = std::make_unique<FakeAttempt>(this);
    waiting_[hosts_.back()] = {attempt.get(), std::move(callback)};
    return attempt;
  }

  void Succeed(const std::string& host, bool syn_retransmitted = false) {
    ConnectResult result;
    result.fd.Reset(eventfd(0, EFD_CLOEXEC));
    result.syn_retransmitted = syn_retransmitted;
    result.way = way;
    Answer(host, std::move(result));
  }
  // By way of a jump host that goes before anything comes.
  void SucceedByALostWay(const std::string& host) {
    ConnectResult result;
    result.fd.Reset(eventfd(0, EFD_CLOEXEC));
    auto way = std::make_shared<Way>();
    way->lost = true;
    result.way = std::move(way);
    Answer(host, std::move(result));
  }
  void SucceedBy(const std::string& host, std::shared_ptr<ProxyProcess> process) {
    ConnectResult result;
    result.fd.Reset(eventfd(0, EFD_CLOEXEC));
    result.process = std::move(process);
    Answer(host, std::move(result));
  }
  void Fail(const std::string& host, Cause cause, const std::string& message) {
    ConnectResult result;
    result.cause = cause;
    result.message = message;
    Answer(host, std::move(result));
  }
  std::function<void()> on_connect;
  ConnectOptions last_options;
  std::shared_ptr<const Way> way;  // that leads to every host
  // In the order of the calls.
  const std::vector<std::string>& hosts() const { return hosts_; }
  bool Waits(const std::string& host) const { return waiting_.count(host) > 0; }

 private:
  class FakeAttempt final : public Attempt {
   public:
    explicit FakeAttempt(FakeConnector* connector) : connector_(connector) {}
    ~FakeAttempt() override { connector_->Forget(this); }

   private:
    FakeConnector* const connector_;
  };
  struct Waiting {
    Attempt* attempt;
    Callback callback;
  };

  void Answer(const std::string& host, ConnectResult result) {
    Callback callback = std::move(waiting_.at(host).callback);
    waiting_.erase(host);
    callback(std::move(result));
  }
  void Forget(Attempt* attempt) {
    for (auto it = waiting_.begin(); it != waiting_.end();) {
      it = it->second.attempt == attempt ? waiting_.erase(it) : std::next(it);
    }
  }

  std::vector<std::string> hosts_;
  std::map<std::string, Waiting> waiting_;
};

// The test is the process: it says how it ends, and sees whether anybody still has it.
class FakeProxyProcess final : public ProxyProcess {
 public:
  ProxyProcess::Report report() const override { return told; }
  void Await(absl::AnyInvocable<void(ProxyProcess::Report)> done) override {
    awaited = std::move(done);
  }
  void End(bool failed, const std::string& text) {
    told = {failed, text};
    auto done = std::move(awaited);
    done(told);
  }

  ProxyProcess::Report told;
  absl::AnyInvocable<void(ProxyProcess::Report)> awaited;
};

class FakeProxyConnector final : public ProxyConnector {
 public:
  std::unique_ptr<Connector::Attempt> Connect(std::shared_ptr<const ProxyCommand> command,
                                              Connector::Callback callback) override {
    lines.push_back(command->line);
    return connector_.Connect(command->line, 0, {}, std::move(callback));
  }
  std::weak_ptr<FakeProxyProcess> Succeed(const std::string& line) {
    auto process = std::make_shared<FakeProxyProcess>();
    connector_.SucceedBy(line, process);
    return process;
  }
  void Fail(const std::string& line, Cause cause, const std::string& message) {
    connector_.Fail(line, cause, message);
  }

  std::vector<std::string> lines;  // that were started

 private:
  FakeConnector connector_;
};

// A tunnel whose other end the test is; lives as long as the link that it belongs to keeps it.
class FakeTunnel final : public SshTunnel {
 public:
  FakeTunnel(std::string target, TunnelUser* user, std::vector<FakeTunnel*>* all)
      : target(std::move(target)), user(user), all_(all) {
    all_->push_back(this);
  }
  ~FakeTunnel() override { all_->erase(std::find(all_->begin(), all_->end(), this)); }

  Step Open() override {
    ++opens;
    return open;
  }
  const TransportFailure& failure() const override { return why; }
  size_t Room() const override { return room; }
  size_t Write(absl::string_view bytes) override {
    bytes = bytes.substr(0, takes);
    room -= bytes.size();
    written.append(bytes.data(), bytes.size());
    return bytes.size();
  }

  const std::string target;
  TunnelUser* const user;
  Step open = Step::kAgain;
  TransportFailure why;
  size_t room = 1 << 20;
  size_t takes = SIZE_MAX;  // of each write
  int opens = 0;
  std::string written;

 private:
  std::vector<FakeTunnel*>* const all_;
};

// What the server of one connection answers next; lives as long as the test.
struct FakeServer {
  using Step = SshTransport::Step;
  using AuthStep = SshTransport::AuthStep;

  HostKey host_key = {"ssh-ed25519", std::string("\0\0\0\x0bssh-ed25519\0\0\0\1k", 20)};
  Step handshake = Step::kAgain;
  bool takes_long = false;       // to exchange keys
  std::vector<AuthStep> logins;  // one for each key of a file; kAgain when there are no more
  std::vector<AuthStep> agent;   // one for each key of the agent; kDenied when there are no more
  AuthStep without_key = AuthStep::kDenied;
  AuthStep password = AuthStep::kDenied;
  AuthStep answer = AuthStep::kDenied;  // to its questions
  bool asks_for_password = true;        // in these
  std::string question;
  AuthStep ticket = AuthStep::kDenied;
  std::string ticket_problem;
  absl::Time tickets_expire = absl::InfiniteFuture();
  std::string methods = "publickey,password";
  std::string login_text;
  Step open = Step::kAgain;
  Step set_up = Step::kDone;
  bool refuses_environment = false;
  Step exec = Step::kAgain;
  Step pump = Step::kAgain;
  Step beside = Step::kAgain;  // kDone: the second channel is closed
  std::string beside_output;
  Step idle = Step::kAgain;
  bool reusable = true;  // after a command
  ExitReport exit;
  TransportFailure failure;
  size_t input_room = 0;
  bool wants_write = false;
  bool closed = false;  // the transport has closed its descriptor
  uint64_t received_bytes = 0;

  // What it has seen.
  std::vector<std::thread::id> handshakes;  // where they were called
  std::vector<std::string> keys;
  std::string user;
  std::string command;
  std::vector<std::string> signals;
  absl::optional<ChannelSetup> setup;  // that was asked for
  std::vector<uint32_t> widths;        // that it got later
  bool closed_channel = false;
  bool gone = false;
  int execs = 0;
  int opens = 0;
  int pumps = 0;
  int asked_for_life = 0;
  int inputs_ended = 0;  // before the request
  std::string input;     // that was sent
  bool end_of_input = false;
  std::vector<std::string> besides;  // commands of second channels
  std::vector<FakeTunnel*> tunnels;  // that there are
  absl::AnyInvocable<void(OutputStream, absl::string_view)> on_output;
};

class FakeExecChannel;

class FakeTransport final : public SshTransport {
 public:
  FakeTransport(UniqueFd fd, FakeServer* server, std::shared_ptr<void> way = nullptr)
      : fd_(std::move(fd)), server_(server), way_(std::move(way)) {}
  ~FakeTransport() override { server_->gone = true; }

  int fd() const override { return server_->closed ? -1 : fd_.get(); }
  Step Handshake() override {
    server_->handshakes.push_back(std::this_thread::get_id());
    return server_->handshakes.size() == 1 && server_->takes_long ? Step::kAgain
                                                                  : server_->handshake;
  }
  bool TakesLong() const override { return server_->takes_long && !server_->handshakes.empty(); }
  const HostKey& host_key() const override { return server_->host_key; }
  AuthStep Authenticate(const Identity& identity) override {
    if (server_->logins.empty()) return AuthStep::kAgain;
    server_->keys.push_back(identity.name);
    const AuthStep answer = server_->logins.front();
    server_->logins.erase(server_->logins.begin());
    return answer;
  }
  AuthStep AuthenticateByAgent(const std::string& socket, const std::string& key) override {
    server_->keys.push_back(absl::StrCat(key, " of ", socket));
    if (server_->agent.empty()) return AuthStep::kDenied;
    const AuthStep answer = server_->agent.front();
    server_->agent.erase(server_->agent.begin());
    return answer;
  }
  void Abort() override {}
  AuthStep AuthenticateByPassword(const std::string& password) override {
    server_->keys.push_back(absl::StrCat("password ", password));
    return server_->password;
  }
  AuthStep AuthenticateByAnswers(const Secret* password,
                                 const std::vector<PreparedAnswer>& answers) override {
    std::string given = "answer";
    if (password != nullptr) absl::StrAppend(&given, " ", password->get());
    for (const PreparedAnswer& answer : answers) absl::StrAppend(&given, " ", answer.answer.get());
    server_->keys.push_back(given);
    answered_ = {password != nullptr && server_->asks_for_password, !answers.empty()};
    return server_->answer;
  }
  AuthStep AuthenticateByTicket(const TicketSource& tickets) override {
    server_->keys.push_back(absl::StrCat("ticket of ", tickets.principal));
    return server_->ticket;
  }
  const std::string& ticket_problem() const override { return server_->ticket_problem; }
  absl::Time tickets_expire() const override { return server_->tickets_expire; }
  const std::string& question() const override { return server_->question; }
  Answered answered() const override { return answered_; }
  AuthStep AuthenticateWithoutKey() override {
    server_->keys.push_back("none");
    return server_->without_key;
  }
  std::string AuthenticationMethods() const override { return server_->methods; }
  std::string LoginText() const override { return server_->login_text; }
  std::unique_ptr<ExecChannel> NewExecChannel(ExecChannel::Output output) override;
  Step Pump() override;
  bool Reusable() override {
    server_->exit = ExitReport();
    return server_->reusable;
  }
  std::unique_ptr<SshTunnel> NewTunnel(const std::string& address, uint16_t port,
                                       TunnelUser* user) override {
    return std::make_unique<FakeTunnel>(absl::StrCat(address, ":", port), user, &server_->tunnels);
  }
  uint64_t received_bytes() const override { return server_->received_bytes; }
  void AskForLife() override { ++server_->asked_for_life; }
  void GiveUp(TransportFailure failure) override {
    server_->failure = std::move(failure);
    failed_ = true;
  }
  bool WantsWrite() const override { return server_->wants_write; }
  const TransportFailure& failure() const override { return server_->failure; }

 private:
  friend class FakeExecChannel;

  const UniqueFd fd_;
  FakeServer* const server_;
  Answered answered_;
  const std::shared_ptr<void> way_;
  FakeExecChannel* command_ = nullptr;
  FakeExecChannel* beside_ = nullptr;  // made while there was one
  bool failed_ = false;
};

// The first of a connection runs the command, and a second one what is to end it.
class FakeExecChannel final : public ExecChannel {
 public:
  FakeExecChannel(FakeTransport* transport, Output output)
      : transport_(transport),
        server_(transport->server_),
        self_(transport->command_ == nullptr ? &transport->command_ : &transport->beside_),
        output_(std::move(output)) {
    *self_ = this;
    if (is_command()) server_->on_output = [this](auto s, auto bytes) { output_(s, bytes); };
  }
  ~FakeExecChannel() override { *self_ = nullptr; }

  Step Open() override {
    if (!is_command()) return Note(server_->beside == Step::kFailed ? Step::kFailed : Step::kDone);
    ++server_->opens;
    return Note(server_->open);
  }
  Step SetUp(const ChannelSetup& setup) override {
    server_->setup = setup;
    return Note(server_->set_up);
  }
  bool environment_refused() const override { return server_->refuses_environment; }
  Step Request(const std::string& command) override {
    if (answered_) std::abort();  // it would be requested a second time
    const bool first = !std::exchange(requested_, true);
    if (first) server_->inputs_ended += input_ended_;
    if (!is_command()) {
      if (first) server_->besides.push_back(command);
      answered_ = true;
      return Step::kDone;
    }
    server_->execs += first;
    server_->command = command;
    answered_ = server_->exec == Step::kDone;
    return Note(server_->exec);
  }
  size_t InputRoom() const override { return server_->input_room; }
  size_t SendInput(absl::string_view bytes) override {
    server_->input.append(bytes.data(), bytes.size());
    server_->input_room -= bytes.size();
    return bytes.size();
  }
  void EndInput() override {
    input_ended_ = true;
    server_->end_of_input = true;
  }
  void Signal(const std::string& name) override { server_->signals.push_back(name); }
  void Resize(TerminalSize size) override { server_->widths.push_back(size.columns); }
  void Close() override { server_->closed_channel = true; }
  bool closed() const override { return closed_; }
  const ExitReport& exit_report() const override { return server_->exit; }
  const TransportFailure& failure() const override {
    static const TransportFailure none;
    return failed_ || transport_->failed_ ? server_->failure : none;
  }

  // What comes for the command.
  Step TakeIn() {
    ++server_->pumps;
    closed_ = server_->pump == Step::kDone;
    return server_->pump;
  }
  // What comes for a second one.
  void TakeInBeside() {
    const std::string come = server_->beside_output.substr(taken_);
    taken_ += come.size();
    if (!come.empty()) output_(OutputStream::kStdout, come);
    closed_ = requested_ && server_->beside == Step::kDone;
  }
  bool started() const { return answered_; }

 private:
  bool is_command() const { return self_ == &transport_->command_; }
  Step Note(Step step) {
    failed_ = failed_ || step == Step::kFailed;
    return step;
  }

  FakeTransport* const transport_;
  FakeServer* const server_;
  FakeExecChannel** const self_;
  Output output_;
  bool requested_ = false;
  bool answered_ = false;  // the request
  bool input_ended_ = false;
  bool failed_ = false;
  bool closed_ = false;
  size_t taken_ = 0;
};

inline std::unique_ptr<ExecChannel> FakeTransport::NewExecChannel(ExecChannel::Output output) {
  return std::make_unique<FakeExecChannel>(this, std::move(output));
}

inline SshStep FakeTransport::Pump() {
  const bool runs = command_ != nullptr && command_->started() && !command_->closed();
  const Step step = runs ? command_->TakeIn() : server_->idle;
  failed_ = failed_ || step == Step::kFailed;
  if (beside_ != nullptr) beside_->TakeInBeside();
  return failed_ ? Step::kFailed : Step::kAgain;
}

class FakeKnownHosts final : public KnownHosts {
 public:
  Lookup Check(absl::string_view host, uint16_t port, absl::string_view key_type,
               absl::string_view) const override {
    checked = absl::StrCat(host, ":", port);
    return key_type == matching_type ? Lookup(Verdict::kMatch, "known_hosts:1") : lookup;
  }
  std::vector<std::string> KeyTypes(absl::string_view, uint16_t) const override { return types; }
  void Search(absl::string_view, uint16_t) const override {
    lookup = after_search;
    types = types_after_search;
  }
  absl::StatusOr<Added> Add(absl::string_view host, uint16_t port, absl::string_view,
                            absl::string_view, bool) override {
    added.push_back(absl::StrCat(host, ":", port));
    if (!add_status.ok()) return add_status;
    return keeps_nothing ? Added::kNotKept : Added::kWritten;
  }
  bool KeepsNothing() const override { return keeps_nothing; }
  std::string Problems() const override { return ""; }

  mutable Lookup lookup = {Verdict::kMatch, "known_hosts:1", ""};
  Lookup after_search;
  mutable std::string checked;  // last
  std::string matching_type;    // keys of this type match, whatever `lookup` says
  mutable std::vector<std::string> types;
  std::vector<std::string> types_after_search;
  bool keeps_nothing = false;
  absl::Status add_status;
  std::vector<std::string> added;
};

// Writes down what it hears, one word or so for each event.
class RecordingObserver final : public LoopObserver {
 public:
  void OnState(uint32_t host, HostState state) override {
    Note(host, std::string(HostStateName(state)));
  }
  void OnReady(uint32_t host, absl::Duration) override {
    Note(host, "ready");
    if (on_ready) on_ready(host);
  }
  void OnOutput(uint32_t host, OutputStream stream, const OutputChunk& chunk) override {
    Note(host, absl::StrCat(stream == OutputStream::kStdout ? "out " : "err ", chunk.bytes,
                            chunk.unterminated ? "$" : ""));
  }
  void OnEnd(uint32_t host, const HostOutcome& outcome) override {
    Note(host, std::string(HostStateName(outcome.state)));
    outcomes[host] = outcome;
  }
  void Flush(absl::Time) override { ++flushes; }

  std::map<uint32_t, std::vector<std::string>> events;
  std::map<uint32_t, HostOutcome> outcomes;
  std::function<void(uint32_t)> on_ready;
  int flushes = 0;

 private:
  void Note(uint32_t host, std::string what) { events[host].push_back(std::move(what)); }
};

// A private key with that name.
inline Identity MakeIdentity(const std::string& name) {
  Identity identity;
  ssh_key key = nullptr;
  ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &key);
  identity.private_key.reset(key);
  identity.name = name;
  return identity;
}

}  // namespace muster::engine

#endif  // TESTS_SSH_ENGINE_FAKES_H_
