#include "ssh_engine/proxy/proxy_connector.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <list>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "ssh_engine/base/child_process.h"
#include "ssh_engine/base/lifetime.h"
#include "ssh_engine/proxy/last_words.h"

namespace muster::engine {
namespace {

constexpr size_t kMostStarting = 8;
constexpr size_t kMostEnding = 64;
constexpr absl::Duration kEndOfInput = absl::Seconds(1);  // to end by oneself
constexpr absl::Duration kHangup = absl::Seconds(5);
// A process closes its output a moment before it has ended.
constexpr absl::Duration kReportPatience = absl::Seconds(1);
constexpr absl::Duration kLastPatience = absl::Seconds(1);

Cause CauseOf(int error) {
  switch (error) {
    case EAGAIN:  // RLIMIT_NPROC, and the control group's limit
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
      return Cause::kLocal;
    default:
      return Cause::kReset;
  }
}

const char* AdviceFor(int error) {
  switch (error) {
    case EAGAIN:
      return "; raise the limit on processes (ulimit -u) or lower the number of hosts in flight";
    case EMFILE:
    case ENFILE:
      return "; raise the limit on open files (ulimit -n) or lower the number of hosts in flight";
    default:
      return "; musterd's $SHELL runs it";
  }
}

bool Failed(const ProcessEnd& end) { return end.by_signal || end.number != 0; }

std::string Words(const absl::optional<ProcessEnd>& end, const std::string& said) {
  if (!end.has_value()) {
    return said.empty() ? "" : absl::StrCat("ProxyCommand has said \"", said, "\"");
  }
  return absl::StrCat("ProxyCommand ",
                      end->by_signal ? "was ended by signal " : "ended with status ", end->number,
                      said.empty() ? "" : absl::StrCat(", saying \"", said, "\""));
}

class ConnectorImpl;

class ProxyAttempt final : public Connector::Attempt {
 public:
  ProxyAttempt(ConnectorImpl* connector, std::shared_ptr<const ProxyCommand> command,
               Connector::Callback callback)
      : command_(std::move(command)), connector_(connector), callback_(std::move(callback)) {}
  ~ProxyAttempt() override;

  const std::shared_ptr<const ProxyCommand>& command() const { return command_; }
  // Whom the started process is for; null there: this is gone.
  std::shared_ptr<ProxyAttempt*> place() const { return place_; }
  void Answer(ConnectResult result) {
    Connector::Callback callback = std::move(callback_);
    callback(std::move(result));  // may destroy this
  }

 private:
  const std::shared_ptr<const ProxyCommand> command_;
  ConnectorImpl* const connector_;
  Connector::Callback callback_;
  const std::shared_ptr<ProxyAttempt*> place_ = std::make_shared<ProxyAttempt*>(this);
};

class Lease;

// One that runs. Destroyed from the bottom: watches before descriptors.
struct Process {
  std::list<Process>::iterator place;
  std::unique_ptr<ChildProcess> child;
  UniqueFd errors;
  std::unique_ptr<FdWatch> errors_watch;
  std::unique_ptr<FdWatch> end_watch;
  LastWords said;
  absl::optional<ProcessEnd> end;
  Lease* lease = nullptr;  // of who has the connection; null: it is to end
  bool hung_up = false;
  std::unique_ptr<Timer> timer;
  absl::AnyInvocable<void(ProxyProcess::Report)> awaited;

  ProxyProcess::Report Report() const {
    return {end.has_value() && Failed(*end), Words(end, said.Text())};
  }
};

class Lease final : public ProxyProcess {
 public:
  Lease(ConnectorImpl* connector, Process* process) : connector_(connector), process_(process) {
    process->lease = this;
  }
  ~Lease() override;

  ProxyProcess::Report report() const override {
    return process_ == nullptr ? Report() : process_->Report();
  }
  void Await(absl::AnyInvocable<void(ProxyProcess::Report)> done) override;
  // The connector goes first.
  void Forget() { process_ = nullptr; }

 private:
  ConnectorImpl* const connector_;
  Process* process_;
};

class ConnectorImpl final : public ProxyConnector {
 public:
  ConnectorImpl(EventLoop* loop, HelperPool* helpers) : loop_(loop), helpers_(helpers) {}
  ~ConnectorImpl() override;

  std::unique_ptr<Connector::Attempt> Connect(std::shared_ptr<const ProxyCommand> command,
                                              Connector::Callback callback) override;
  void GiveUp(ProxyAttempt* attempt) { waiting_.remove(attempt); }
  // Ends a process whose connection is closed.
  void Release(Process* process);
  // Calls process->awaited when it has ended, or does not in time.
  void Await(Process* process);

 private:
  void Serve();
  void Start(const ProxyAttempt& attempt);
  void OnStarted(ProxyAttempt* attempt, StartedChild started);
  static void Fail(ProxyAttempt* attempt, const StartedChild& started);
  Process* Keep(StartedChild* started);
  void ReadErrors(Process* process);
  void OnEnd(Process* process);
  void Report(Process* process);
  void HangUp(Process* process);
  void Erase(Process* process);

  EventLoop* const loop_;
  HelperPool* const helpers_;
  std::list<ProxyAttempt*> waiting_;
  size_t starting_ = 0;
  size_t ending_ = 0;
  std::list<Process> processes_;
  Lifetime lifetime_;
};

ProxyAttempt::~ProxyAttempt() {
  *place_ = nullptr;
  connector_->GiveUp(this);
}

Lease::~Lease() {
  if (process_ != nullptr) connector_->Release(process_);
}

void Lease::Await(absl::AnyInvocable<void(ProxyProcess::Report)> done) {
  if (process_ == nullptr) return;
  process_->awaited = std::move(done);
  connector_->Await(process_);
}

// --- Starting

std::unique_ptr<Connector::Attempt> ConnectorImpl::Connect(
    std::shared_ptr<const ProxyCommand> command, Connector::Callback callback) {
  auto attempt = std::make_unique<ProxyAttempt>(this, std::move(command), std::move(callback));
  waiting_.push_back(attempt.get());
  Serve();
  return attempt;
}

void ConnectorImpl::Serve() {
  while (!waiting_.empty() && starting_ < kMostStarting && ending_ < kMostEnding) {
    const ProxyAttempt* const attempt = waiting_.front();
    waiting_.pop_front();
    Start(*attempt);
  }
}

void ConnectorImpl::Start(const ProxyAttempt& attempt) {
  ++starting_;
  auto done = lifetime_.Guard([this, place = attempt.place()](StartedChild started) {
    OnStarted(*place, std::move(started));
  });
  helpers_->Run([loop = loop_, command = attempt.command(), done = std::move(done)]() mutable {
    StartedChild child =
        StartChild(command->line, command->agent_socket, ChildStreams::kConnection);
    loop->Post([done = std::move(done), started = std::move(child)]() mutable {
      done(std::move(started));
    });
  });
}

void ConnectorImpl::OnStarted(ProxyAttempt* attempt, StartedChild started) {
  --starting_;
  if (started.process == nullptr) {
    if (attempt != nullptr) Fail(attempt, started);
    return Serve();
  }
  Process* const process = Keep(&started);
  ConnectResult result;
  result.fd = std::move(started.connection);
  result.process = std::make_shared<Lease>(this, process);
  if (attempt != nullptr) attempt->Answer(std::move(result));
  Serve();
}

void ConnectorImpl::Fail(ProxyAttempt* attempt, const StartedChild& started) {
  ConnectResult result;
  result.cause = CauseOf(started.error);
  result.message = absl::StrCat("ProxyCommand could not be started: ", started.what, ": ",
                                strerror(started.error), AdviceFor(started.error), ".");
  attempt->Answer(std::move(result));
}

Process* ConnectorImpl::Keep(StartedChild* started) {
  processes_.emplace_front();
  Process* const process = &processes_.front();
  process->place = processes_.begin();
  process->child = std::move(started->process);
  process->errors = std::move(started->errors);
  process->errors_watch = loop_->Watch(process->errors.get(), Priority::kBackground,
                                       [this, process](Readiness) { ReadErrors(process); });
  process->errors_watch->SetInterest(true, false);
  process->end_watch = loop_->Watch(process->child->pidfd(), Priority::kBackground,
                                    [this, process](Readiness) { OnEnd(process); });
  process->end_watch->SetInterest(true, false);
  process->timer = loop_->NewTimer(
      [this, process] { process->lease == nullptr ? HangUp(process) : Report(process); });
  return process;
}

// --- While it runs

// To the end of what there is, or one piece: somebody may write without an end.
void ConnectorImpl::ReadErrors(Process* process) {
  char bytes[4096];
  const ssize_t size = read(process->errors.get(), bytes, sizeof(bytes));
  if (size > 0) return process->said.Add(absl::string_view(bytes, static_cast<size_t>(size)));
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  process->errors_watch.reset();
  process->errors.Reset();
}

void ConnectorImpl::OnEnd(Process* process) {
  process->end = process->child->End();
  if (!process->end.has_value()) return;
  process->end_watch.reset();
  // A pipe holds so much.
  for (int i = 0; i < 16 && process->errors.valid(); ++i) ReadErrors(process);
  if (process->lease == nullptr) return Erase(process);
  Report(process);
}

void ConnectorImpl::Await(Process* process) {
  process->timer->Arm(process->end.has_value() ? absl::ZeroDuration() : kReportPatience);
}

void ConnectorImpl::Report(Process* process) {
  process->timer->Disarm();
  if (process->awaited == nullptr) return;
  auto awaited = std::exchange(process->awaited, nullptr);
  awaited(process->Report());  // may release it
}

// --- The end

void ConnectorImpl::Release(Process* process) {
  process->lease = nullptr;
  process->awaited = nullptr;
  ++ending_;
  process->timer->Arm(process->end.has_value() ? absl::ZeroDuration() : kEndOfInput);
}

// What does not obey is killed.
void ConnectorImpl::HangUp(Process* process) {
  if (process->end.has_value()) return Erase(process);
  const bool again = std::exchange(process->hung_up, true);
  process->child->SignalGroup(again ? SIGKILL : SIGHUP);
  if (!again) process->timer->Arm(kHangup);
}

// With it goes what it left in its group, unless that wants to stay.
void ConnectorImpl::Erase(Process* process) {
  process->child->SignalGroup(SIGHUP);
  processes_.erase(process->place);
  --ending_;
  Serve();
}

ConnectorImpl::~ConnectorImpl() {
  lifetime_.End();
  for (Process& process : processes_) {
    if (process.lease != nullptr) process.lease->Forget();
    process.child->SignalGroup(SIGHUP);
  }
  const absl::Time deadline = absl::Now() + kLastPatience;
  for (Process& process : processes_) {
    pollfd ended = {process.child->pidfd(), POLLIN, 0};
    const absl::Duration left = std::max(deadline - absl::Now(), absl::ZeroDuration());
    poll(&ended, 1, static_cast<int>(absl::ToInt64Milliseconds(left)));
  }
}

}  // namespace

std::unique_ptr<ProxyConnector> NewProxyConnector(EventLoop* loop, HelperPool* helpers) {
  return std::make_unique<ConnectorImpl>(loop, helpers);
}

}  // namespace muster::engine
