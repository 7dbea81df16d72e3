#include "ssh_engine/libssh/libssh_exec_channel.h"

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <string.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "ssh_engine/base/peer_text.h"

namespace muster::engine {
namespace {

using Step = SshStep;

constexpr size_t kInitialWindow = 64'000;  // CHANNEL_INITIAL_WINDOW, channels.c
constexpr size_t kWindow = 1'280'000;      // WINDOWBASE, channels.c
constexpr size_t kMoreWindow = 2 * kInitialWindow;
constexpr size_t kMostSignalName = 64;
// For ten thousand hosts whose networks stand still: 320 MB.
constexpr size_t kMostUnsentInput = 32'000;

class LibsshExecChannel final : public ExecChannel, private LibsshLink::Command {
 public:
  LibsshExecChannel(LibsshLink* link, Output output, bool* reusable);
  ~LibsshExecChannel() override;

  Step Open() override;
  Step SetUp(const ChannelSetup& setup) override;
  bool environment_refused() const override { return environment_refused_; }
  Step Request(const std::string& command) override;
  size_t InputRoom() const override;
  size_t SendInput(absl::string_view bytes) override;
  void EndInput() override;
  void Signal(const std::string& name) override;
  void Resize(TerminalSize size) override;
  void Close() override;
  bool closed() const override { return closed_; }
  const ExitReport& exit_report() const override { return exit_report_; }
  const TransportFailure& failure() const override;

 private:
  void TakeReply() override;
  void RepeatWindow() override;

  Step TryOpen();
  Step TrySetUp(const ChannelSetup& setup);
  int AskFor(const ChannelSetup& setup, size_t request);
  Step TryRequest(const std::string& command);
  void FollowRequest();
  void WidenWindow();
  void AskForWindow(size_t bytes);
  void SendSignal();
  void SendSize();
  Step Fail(std::string message);
  Step FailRefused() { return Fail("the server refused to run a command"); }

  void Listen();
  static int OnData(ssh_session, ssh_channel, void* data, uint32_t size, int is_stderr, void* self);
  static void OnEof(ssh_session, ssh_channel, void* self);
  static void OnClose(ssh_session, ssh_channel, void* self);
  static void OnExitStatus(ssh_session, ssh_channel, int status, void* self);
  static void OnExitSignal(ssh_session, ssh_channel, const char* signal, int core,
                           const char* message, const char* language, void* self);

  LibsshLink* const link_;
  Output output_;
  bool* const reusable_;  // the transport's
  const bool alone_;      // the connection had no other channel
  ssh_channel channel_ = nullptr;
  ssh_channel_callbacks_struct callbacks_ = {};

  size_t set_up_ = 0;  // requests of SetUp that were answered
  bool environment_refused_ = false;
  bool asked_ = false;      // for the command
  bool started_ = false;    // the server has answered: the command runs
  bool reply_due_ = false;  // to the request: libssh sends no further one before
  bool answered_ = false;   // by something that only a command sends
  bool input_ended_ = false;
  std::string signal_due_;
  absl::optional<TerminalSize> size_due_;
  uint64_t received_ = 0;  // of the command's output
  uint64_t stops_at_ = 0;  // where it stops if the window was not widened
  bool closed_ = false;    // by the server
  ExitReport exit_report_;
  TransportFailure failure_;
};

LibsshExecChannel::LibsshExecChannel(LibsshLink* link, Output output, bool* reusable)
    : link_(link), output_(std::move(output)), reusable_(reusable), alone_(!link->has_commands()) {
  link_->Add(this);
}

LibsshExecChannel::~LibsshExecChannel() {
  *reusable_ = *reusable_ && closed_ && alone_;
  link_->InTurn([this] {
    link_->Remove(this);
    if (channel_ == nullptr) return;
    // Else they would still be called from within the calls that follow.
    ssh_remove_channel_callbacks(channel_, &callbacks_);
    ssh_channel_free(channel_);  // sends our close where theirs has come
  });
}

const TransportFailure& LibsshExecChannel::failure() const {
  return failure_.failed() ? failure_ : link_->failure();
}

Step LibsshExecChannel::Fail(std::string message) {
  failure_ = {Cause::kExecRefused, false, std::move(message)};
  return Step::kFailed;
}

Step LibsshExecChannel::Open() {
  return link_->TakeTurn([this] { return TryOpen(); });
}

Step LibsshExecChannel::TryOpen() {
  if (!alone_) link_->StopReceiving();
  if (channel_ == nullptr) {
    channel_ = ssh_channel_new(link_->session());
    if (channel_ == nullptr) return link_->FailLost();
    Listen();
  }
  const int result = ssh_channel_open_session(channel_);
  if (!link_->Settle()) return link_->FailLost();
  if (result == SSH_AGAIN) return Step::kAgain;
  if (result == SSH_OK) return Step::kDone;
  return Fail(absl::StrCat("the server opened no session: ", link_->LibraryError()));
}

Step LibsshExecChannel::SetUp(const ChannelSetup& setup) {
  return link_->TakeTurn([&] { return TrySetUp(setup); });
}

// One after the other: libssh sends no request before the last one is answered.
Step LibsshExecChannel::TrySetUp(const ChannelSetup& setup) {
  const size_t terminals = setup.terminal.has_value() ? 1 : 0;
  for (; set_up_ < terminals + setup.environment.size(); ++set_up_) {
    if (!alone_) link_->StopReceiving();
    const int result = AskFor(setup, set_up_);
    if (!link_->Settle()) return link_->FailLost();
    if (result == SSH_AGAIN) return Step::kAgain;
    if (closed_) return Fail("the server closed the session before a command was requested");
    if (result == SSH_OK) continue;
    if (set_up_ < terminals) {
      return Fail(
          "the server gives no terminal (PermitTTY of its sshd_config, no-pty or restrict in "
          "authorized_keys, or it is out of them)");
    }
    environment_refused_ = true;
  }
  return Step::kDone;
}

// In the order of OpenSSH's client. libssh 0.10 sends no modes: the terminal has the server's.
int LibsshExecChannel::AskFor(const ChannelSetup& setup, size_t request) {
  if (setup.terminal.has_value() && request-- == 0) {
    const Terminal& terminal = *setup.terminal;
    return ssh_channel_request_pty_size(channel_, terminal.type.c_str(),
                                        static_cast<int>(terminal.size.columns),
                                        static_cast<int>(terminal.size.rows));
  }
  const auto& [name, value] = *std::next(setup.environment.begin(), request);
  return ssh_channel_request_env(channel_, name.c_str(), value.c_str());
}

Step LibsshExecChannel::Request(const std::string& command) {
  return link_->TakeTurn([&] { return TryRequest(command); });
}

Step LibsshExecChannel::TryRequest(const std::string& command) {
  const bool first = !std::exchange(asked_, true);
  if (first || !alone_) link_->StopReceiving();  // at first nothing can have come
  const int result = ssh_channel_request_exec(channel_, command.c_str());
  if (first) link_->ExpectParts(true);
  if (first && !closed_ && result != SSH_ERROR) FollowRequest();
  if (!link_->Settle()) return link_->FailLost();
  reply_due_ = result == SSH_AGAIN;
  if (reply_due_ && !answered_) return Step::kAgain;
  if (!reply_due_ && result != SSH_OK) return FailRefused();
  started_ = true;
  link_->ExpectParts(false);
  if (!reply_due_) SendSize();
  return Step::kDone;
}

// What goes along with it: for a command without input its end, as OpenSSH's does.
void LibsshExecChannel::FollowRequest() {
  WidenWindow();
  if (input_ended_) ssh_channel_send_eof(channel_);
}

// What the server takes, and the kernel: libssh would keep the rest in memory.
size_t LibsshExecChannel::InputRoom() const {
  if (closed_ || input_ended_) return 0;
  const size_t unsent = link_->unsent_size();
  if (unsent >= kMostUnsentInput) return 0;
  return std::min<size_t>(ssh_channel_window_size(channel_), kMostUnsentInput - unsent);
}

size_t LibsshExecChannel::SendInput(absl::string_view bytes) {
  int sent = 0;
  link_->InTurn([&] {
    if (closed_) return;
    sent = ssh_channel_write(channel_, bytes.data(), static_cast<uint32_t>(bytes.size()));
  });
  return sent > 0 ? static_cast<size_t>(sent) : 0;
}

void LibsshExecChannel::EndInput() {
  input_ended_ = true;
  if (!asked_) return;
  link_->InTurn([this] {
    if (!closed_) ssh_channel_send_eof(channel_);
  });
}

// libssh opens a channel for 64,000 bytes, and asks for more when the first have come, or when it
// is to read more than that. That is said with the request, and no packet by itself; after it on
// the wire, for some servers forget what comes before (ssh2 of npm).
void LibsshExecChannel::WidenWindow() {
  AskForWindow(kInitialWindow + 1);
  received_ = 0;
  stops_at_ = kInitialWindow;
}

// A server that has stopped exactly where its window ends has not taken notice of the wider one: it
// is told again, each time, since libssh believes in a window that is wider.
void LibsshExecChannel::RepeatWindow() {
  if (!asked_ || closed_ || received_ != stops_at_) return;
  AskForWindow(kWindow - kInitialWindow + kMoreWindow);
  stops_at_ += kMoreWindow;
}

void LibsshExecChannel::AskForWindow(size_t bytes) {
  static char nothing[kWindow + kMoreWindow];  // what comes goes to OnData
  link_->StopReceiving();
  ssh_channel_read_timeout(channel_, nothing, static_cast<uint32_t>(bytes), 0, 0);
}

// That of a server that sent output before it.
void LibsshExecChannel::TakeReply() {
  if (!started_ || !reply_due_ || closed_) return;
  const int result = ssh_channel_request_exec(channel_, "");  // it is not sent again
  if (result == SSH_AGAIN) return;
  reply_due_ = false;
  if (result != SSH_OK && link_->Alive()) {
    FailRefused();
    link_->NoteNews();
  }
  SendSize();
  SendSignal();
}

void LibsshExecChannel::Signal(const std::string& name) {
  link_->InTurn([&] {
    signal_due_ = name;
    reply_due_ ? TakeReply() : SendSignal();
  });
}

void LibsshExecChannel::SendSignal() {
  if (signal_due_.empty() || closed_) return;
  ssh_channel_request_send_signal(channel_, std::exchange(signal_due_, "").c_str());
}

// Between a request and its answer it would be lost, and would eat the answer.
void LibsshExecChannel::Resize(TerminalSize size) {
  size_due_ = size;
  if (asked_ && !started_) return;
  link_->InTurn([this] { reply_due_ ? TakeReply() : SendSize(); });
}

void LibsshExecChannel::SendSize() {
  if (!size_due_.has_value() || closed_) return;
  const TerminalSize size = *std::exchange(size_due_, absl::nullopt);
  ssh_channel_change_pty_size(channel_, static_cast<int>(size.columns),
                              static_cast<int>(size.rows));
}

void LibsshExecChannel::Close() {
  link_->InTurn([this] { ssh_channel_close(channel_); });
}

// --- What libssh tells

void LibsshExecChannel::Listen() {
  callbacks_.userdata = this;
  callbacks_.channel_data_function = OnData;
  callbacks_.channel_eof_function = OnEof;
  callbacks_.channel_close_function = OnClose;
  callbacks_.channel_exit_status_function = OnExitStatus;
  callbacks_.channel_exit_signal_function = OnExitSignal;
  ssh_callbacks_init(&callbacks_);
  ssh_set_channel_callbacks(channel_, &callbacks_);
}

int LibsshExecChannel::OnData(ssh_session, ssh_channel, void* data, uint32_t size, int is_stderr,
                              void* self) {
  auto* channel = static_cast<LibsshExecChannel*>(self);
  channel->answered_ = true;
  channel->received_ += size;
  channel->link_->CountData(size);
  channel->output_(is_stderr ? OutputStream::kStderr : OutputStream::kStdout,
                   absl::string_view(static_cast<const char*>(data), size));
  return static_cast<int>(size);
}

void LibsshExecChannel::OnEof(ssh_session, ssh_channel, void* self) {
  auto* channel = static_cast<LibsshExecChannel*>(self);
  channel->answered_ = true;
  channel->exit_report_.end_of_output = true;
}

// Data in order and then the close: nothing can be missing (RFC 4254, 5.3).
void LibsshExecChannel::OnClose(ssh_session, ssh_channel, void* self) {
  auto* channel = static_cast<LibsshExecChannel*>(self);
  channel->answered_ = true;
  channel->exit_report_.end_of_output = true;
  channel->closed_ = true;
  channel->link_->NoteNews();
}

void LibsshExecChannel::OnExitStatus(ssh_session, ssh_channel, int status, void* self) {
  auto* channel = static_cast<LibsshExecChannel*>(self);
  channel->answered_ = true;
  channel->exit_report_.has_status = true;
  // On the wire it has no sign.
  channel->exit_report_.status = static_cast<uint32_t>(status);
}

void LibsshExecChannel::OnExitSignal(ssh_session, ssh_channel, const char* signal, int core,
                                     const char*, const char*, void* self) {
  auto* channel = static_cast<LibsshExecChannel*>(self);
  channel->answered_ = true;
  ExitReport& report = channel->exit_report_;
  report.has_signal = true;
  report.signal = signal != nullptr ? PeerText({signal, strnlen(signal, kMostSignalName)}) : "";
  report.core_dumped = core != 0;
}

}  // namespace

std::unique_ptr<ExecChannel> NewLibsshExecChannel(LibsshLink* link, ExecChannel::Output output,
                                                  bool* reusable) {
  return std::make_unique<LibsshExecChannel>(link, std::move(output), reusable);
}

}  // namespace muster::engine
