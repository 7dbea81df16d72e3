#include "ssh_engine/host_task.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "ssh_engine/ssh_key.h"

namespace muster::engine {
namespace {

// From KILL to giving up on a confirmation.
constexpr absl::Duration kKillWait = absl::Seconds(1);

std::string Endpoint(const Host& host) { return absl::StrCat(host.address, " port ", host.port); }

}  // namespace

HostTask::HostTask(Host host, HostTaskContext* context, absl::AnyInvocable<void()> on_end)
    : host_(std::move(host)),
      context_(context),
      on_end_(std::move(on_end)),
      stdout_(context->job->max_line),
      stderr_(context->job->max_line),
      alive_(std::make_shared<char>()) {}

HostTask::~HostTask() {
  if (transport_ != nullptr) transport_->Abort();
}

void HostTask::Start() {
  phase_ = Phase::kConnecting;
  SetState(HostState::kConnecting);
  phase_timer_ = context_->loop->NewTimer([this] { OnPhaseTimeout(); });
  phase_timer_->Arm(context_->job->timeouts.connect);
  attempt_ = context_->connector->Connect(
      host_.address, host_.port, [this](ConnectResult result) { OnConnected(std::move(result)); });
}

void HostTask::OnConnected(ConnectResult result) {
  if (phase_ != Phase::kConnecting) return;
  if (!result.fd.valid()) {
    return End(HostState::kUnreachable, result.cause, std::move(result.message));
  }
  SshTransportOptions options;
  options.user = host_.user;
  options.known_key_types = context_->job->known_hosts->KeyTypes(host_.address, host_.port);
  options.on_output = [this](OutputStream stream, absl::string_view bytes) {
    OnOutput(stream, bytes);
  };
  transport_ = context_->new_transport(std::move(result.fd), std::move(options));
  watch_ = context_->loop->Watch(transport_->fd(), [this](Readiness) { Advance(); });
  phase_ = Phase::kHandshake;
  Advance();
}

void HostTask::Advance() {
  while (Step()) {
  }
  if (phase_ == Phase::kEnded) return;
  const bool parked = Parked();
  watch_->SetInterest(!parked, !parked && transport_->WantsWrite());
}

bool HostTask::Parked() const {
  return phase_ == Phase::kSavingHostKey || (phase_ == Phase::kLogin && login_->busy());
}

bool HostTask::Step() {
  switch (phase_) {
    case Phase::kHandshake:
      return Handshake();
    case Phase::kLogin:
      return LogIn();
    case Phase::kOpening:
      return OpenChannel();
    case Phase::kExec:
      return Exec();
    case Phase::kRunning:
      return Pump();
    case Phase::kIdle:
    case Phase::kConnecting:
    case Phase::kSavingHostKey:
    case Phase::kEnded:
      return false;
  }
  return false;
}

// --- Trust

bool HostTask::Handshake() {
  switch (transport_->Handshake()) {
    case SshTransport::Step::kAgain:
      return false;
    case SshTransport::Step::kDone:
      return CheckHostKey();
    case SshTransport::Step::kFailed:
      EndUnreachable();
      return false;
  }
  return false;
}

bool HostTask::CheckHostKey() {
  const HostKey& key = transport_->host_key();
  const KnownHosts::Lookup lookup =
      context_->job->known_hosts->Check(host_.address, host_.port, key.type, key.blob);
  const std::string shown = absl::StrCat(key.type, " ", KeyFingerprint(key.blob));
  switch (lookup.verdict) {
    case KnownHosts::Verdict::kMatch:
      BeginLogin();
      return true;
    case KnownHosts::Verdict::kUnknown:
      if (context_->job->host_key_policy == HostKeyPolicy::kAcceptNew) return SaveHostKey();
      Reject(
          Cause::kHostKeyUnknown,
          absl::StrCat("no known_hosts file has a key of ", Endpoint(host_), "; it shows ", shown,
                       ". Check that fingerprint, then add the key (ssh-keyscan) or use the "
                       "host key policy accept-new."));
      return false;
    case KnownHosts::Verdict::kChanged:
      Reject(Cause::kHostKeyChanged,
             absl::StrCat("the host key of ", Endpoint(host_), " is not the known one of ",
                          lookup.where, ": it shows ", shown,
                          ". Somebody may be listening in, or the host was installed anew: find "
                          "out which, then remove that line."));
      return false;
    case KnownHosts::Verdict::kRevoked:
      Reject(Cause::kHostKeyRevoked, absl::StrCat("the host key of ", Endpoint(host_), ", ", shown,
                                                  ", is marked @revoked at ", lookup.where, "."));
      return false;
  }
  return false;
}

void HostTask::Reject(Cause cause, std::string message) {
  End(HostState::kHostKeyRejected, cause, std::move(message));
}

bool HostTask::SaveHostKey() {
  phase_ = Phase::kSavingHostKey;
  context_->helpers->Run([this, alive = std::weak_ptr<char>(alive_), loop = context_->loop,
                          known_hosts = context_->job->known_hosts, host = host_,
                          key = transport_->host_key()] {
    const absl::Status saved = known_hosts->Add(host.address, host.port, key.type, key.blob);
    loop->Post([this, alive, saved] {
      if (!alive.expired()) OnHostKeySaved(saved);
    });
  });
  return false;
}

void HostTask::OnHostKeySaved(const absl::Status& status) {
  if (phase_ != Phase::kSavingHostKey) return;
  if (!status.ok()) {
    return Reject(Cause::kHostKeyUnsaved,
                  absl::StrCat("the new host key of ", Endpoint(host_),
                               " could not be written down: ", status.message()));
  }
  BeginLogin();
  Advance();
}

// --- Login

void HostTask::BeginLogin() {
  SetState(HostState::kAuthenticating);
  phase_ = Phase::kLogin;
  login_ = std::make_unique<Login>(transport_, context_->credential, &context_->preferred_identity,
                                   context_->loop, context_->helpers, [this] { Advance(); });
}

bool HostTask::LogIn() {
  switch (login_->Advance()) {
    case Login::Step::kAgain:
    case Login::Step::kBusy:
      return false;
    case Login::Step::kDone:
      phase_ = Phase::kOpening;
      // The server may hang here as well.
      phase_timer_->Arm(context_->job->timeouts.connect);
      return true;
    case Login::Step::kRefused:
      End(HostState::kAuthenticationFailed, Cause::kNone, login_->Explain(host_.user));
      return false;
    case Login::Step::kFailed:
      EndLogin();
      return false;
  }
  return false;
}

// A server that hangs up on us after it has refused keys means us: to try again would be held
// against us.
void HostTask::EndLogin() {
  if (login_->refused() == 0) return EndUnreachable();
  End(HostState::kAuthenticationFailed, Cause::kNone,
      absl::StrCat(login_->Explain(host_.user), " Then ", transport_->failure().message, "."));
}

// --- The command

bool HostTask::OpenChannel() {
  switch (transport_->OpenChannel()) {
    case SshTransport::Step::kAgain:
      return false;
    case SshTransport::Step::kDone:
      BeginExec();
      return true;
    case SshTransport::Step::kFailed:
      EndUnreachable();
      return false;
  }
  return false;
}

void HostTask::BeginExec() {
  SetState(HostState::kStarting);
  phase_ = Phase::kExec;
  phase_timer_->Arm(context_->job->timeouts.connect);
  last_output_ = context_->loop->Now();
  const Timeouts& limits = context_->job->timeouts;
  if (limits.command > absl::ZeroDuration()) {
    command_timer_ = context_->loop->NewTimer([this] { OnCommandTimeout(); });
    command_timer_->Arm(limits.command);
  }
  if (limits.idle > absl::ZeroDuration()) {
    idle_timer_ = context_->loop->NewTimer([this] { OnIdleTimer(); });
    idle_timer_->Arm(limits.idle);
  }
}

bool HostTask::Exec() {
  switch (transport_->Exec(context_->job->command)) {
    case SshTransport::Step::kAgain:
      return false;
    case SshTransport::Step::kDone:
      phase_ = Phase::kRunning;
      phase_timer_->Disarm();
      SetState(HostState::kRunning);
      if (stop_ == Stop::kRequested) SendTerm();
      return true;
    case SshTransport::Step::kFailed:
      // A refusal is an answer: nothing was started.
      transport_->failure().cause == Cause::kExecRefused ? EndUnreachable() : EndLost();
      return false;
  }
  return false;
}

bool HostTask::Pump() {
  switch (transport_->Pump()) {
    case SshTransport::Step::kAgain:
      return false;
    case SshTransport::Step::kDone:
      EndByExit();
      return false;
    case SshTransport::Step::kFailed:
      EndByExitOrLost();
      return false;
  }
  return false;
}

void HostTask::OnOutput(OutputStream stream, absl::string_view bytes) {
  last_output_ = context_->loop->Now();
  LineAssembler& assembler = stream == OutputStream::kStdout ? stdout_ : stderr_;
  assembler.Append(bytes, [&](const OutputChunk& chunk) {
    context_->observer->OnOutput(host_.index, stream, chunk);
  });
}

// --- Limits in time, and stopping

void HostTask::OnPhaseTimeout() {
  const std::string limit = absl::FormatDuration(context_->job->timeouts.connect);
  switch (phase_) {
    case Phase::kExec:
      return End(HostState::kUnknown, Cause::kConnectionLost,
                 absl::StrCat("the server did not answer the request to run the command within ",
                              limit, "; it may have been started."));
    case Phase::kRunning:
      return OnGraceOver();
    default:
      return End(HostState::kConnectTimeout, Cause::kNone,
                 absl::StrCat(PhaseName(), " ", Endpoint(host_), " took longer than ", limit,
                              " (connect timeout)."));
  }
}

std::string HostTask::PhaseName() const {
  switch (phase_) {
    case Phase::kConnecting:
      return "finding and connecting to";
    case Phase::kHandshake:
      return "the SSH handshake with";
    case Phase::kSavingHostKey:
      return "writing down the host key of";
    case Phase::kLogin:
      return "logging in to";
    default:
      return "opening a session on";
  }
}

void HostTask::OnCommandTimeout() {
  StopCommand(
      HostState::kCommandTimeout,
      absl::StrCat("the command took longer than ",
                   absl::FormatDuration(context_->job->timeouts.command), " (command timeout)."));
}

// Armed once for many outputs: looks how long the last one is ago.
void HostTask::OnIdleTimer() {
  const absl::Duration limit = context_->job->timeouts.idle;
  const absl::Duration silent = context_->loop->Now() - last_output_;
  if (silent < limit) return idle_timer_->Arm(limit - silent);
  StopCommand(HostState::kIdleTimeout,
              absl::StrCat("the command wrote nothing for ", absl::FormatDuration(limit),
                           " (idle timeout)."));
}

void HostTask::Cancel() {
  if (phase_ == Phase::kEnded) return;
  if (ExecRequested()) return StopCommand(HostState::kCanceled, "the run was canceled.");
  End(HostState::kNotStarted, Cause::kNone, "the run was canceled before the command was started.");
}

void HostTask::Abandon() {
  if (phase_ == Phase::kEnded) return;
  if (ExecRequested()) {
    return End(HostState::kUnknown, Cause::kConnectionLost,
               "musterd was stopped while the command ran; it may still be running.");
  }
  End(HostState::kNotStarted, Cause::kNone, "musterd was stopped before the command was started.");
}

void HostTask::StopCommand(HostState state, std::string message) {
  if (stop_ != Stop::kNo || phase_ == Phase::kEnded) return;
  if (phase_ == Phase::kRunning && transport_->exit_report().ended()) {
    // It has ended; something it left in the background holds its output open.
    transport_->CloseChannel();
    return EndByExit();
  }
  stop_ = Stop::kRequested;
  stop_outcome_.state = state;
  stop_outcome_.message = std::move(message);
  // A signal sent before the exec request is answered would be lost, and would eat the answer.
  if (phase_ == Phase::kRunning) SendTerm();
}

void HostTask::SendTerm() {
  stop_ = Stop::kTermSent;
  transport_->Signal("TERM");
  phase_timer_->Arm(context_->job->kill_grace);
  watch_->SetInterest(true, transport_->WantsWrite());
}

void HostTask::OnGraceOver() {
  if (stop_ == Stop::kTermSent) {
    stop_ = Stop::kKillSent;
    transport_->Signal("KILL");
    phase_timer_->Arm(kKillWait);
    watch_->SetInterest(true, transport_->WantsWrite());
    return;
  }
  transport_->CloseChannel();
  stop_outcome_.message += " The server did not confirm its end: it may still be running.";
  End(std::move(stop_outcome_));
}

// --- The end

void HostTask::EndByExit() {
  const ExitReport& report = transport_->exit_report();
  if (stop_ != Stop::kNo) {
    stop_outcome_.cancel_confirmed = report.ended();
    return End(std::move(stop_outcome_));
  }
  if (!report.ended()) {
    return End(HostState::kUnknown, Cause::kConnectionLost,
               "the server closed the channel without saying how the command ended.");
  }
  HostOutcome outcome;
  if (report.has_signal) {
    outcome.state = HostState::kSignaled;
    outcome.signal = report.signal;
    outcome.core_dumped = report.core_dumped;
    outcome.message = absl::StrCat("the command was ended by signal ", report.signal, ".");
  } else if (report.status != 0) {
    outcome.state = HostState::kExitedNonzero;
    outcome.exit_code = report.status;
    outcome.message = absl::StrCat("the command ended with exit code ", report.status, ".");
  } else {
    outcome.state = HostState::kSucceeded;
  }
  End(std::move(outcome));
}

void HostTask::EndByExitOrLost() {
  const ExitReport& report = transport_->exit_report();
  report.end_of_output&& report.ended() ? EndByExit() : EndLost();
}

void HostTask::EndUnreachable() {
  const TransportFailure& failure = transport_->failure();
  End(failure.throttled ? HostState::kThrottled : HostState::kUnreachable,
      failure.throttled ? Cause::kNone : failure.cause,
      absl::StrCat(Endpoint(host_), ": ", failure.message, "."));
}

void HostTask::EndLost() {
  End(HostState::kUnknown, Cause::kConnectionLost,
      absl::StrCat(
          transport_->failure().message,
          ". The command was requested before; it may have run, or may still be running."));
}

void HostTask::End(HostState state, Cause cause, std::string message) {
  HostOutcome outcome;
  outcome.state = state;
  outcome.cause = cause;
  outcome.message = std::move(message);
  End(std::move(outcome));
}

void HostTask::End(HostOutcome outcome) {
  phase_ = Phase::kEnded;
  stdout_.Finish([this](const OutputChunk& chunk) {
    context_->observer->OnOutput(host_.index, OutputStream::kStdout, chunk);
  });
  stderr_.Finish([this](const OutputChunk& chunk) {
    context_->observer->OnOutput(host_.index, OutputStream::kStderr, chunk);
  });
  context_->observer->OnEnd(host_.index, outcome);
  phase_timer_.reset();
  command_timer_.reset();
  idle_timer_.reset();
  watch_.reset();
  on_end_();
}

void HostTask::SetState(HostState state) { context_->observer->OnState(host_.index, state); }

}  // namespace muster::engine
