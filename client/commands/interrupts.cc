#include "client/commands/interrupts.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <utility>

namespace muster::client {

namespace {

// As nohup leaves SIGHUP, and sh leaves SIGINT of what it starts with "&". A signal that is blocked
// is read even then: signalfd(2) does not ask whether it is ignored.
bool IsIgnored(int number) {
  struct sigaction action = {};
  return sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

Interrupts::Interrupts() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    if (!IsIgnored(number)) sigaddset(&set, number);
  }
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signals_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  stop_ = eventfd(0, EFD_CLOEXEC);
}

Interrupts::~Interrupts() {
  Stop();
  close(signals_);
  close(stop_);
}

void Interrupts::Stop() {
  if (!thread_.joinable()) return;
  JoinHandler();  // a second signal is still heard
  uint64_t count = 1;
  [[maybe_unused]] const ssize_t written = write(stop_, &count, sizeof(count));
  thread_.join();
  [[maybe_unused]] const ssize_t taken = read(stop_, &count, sizeof(count));
  JoinHandler();
}

void Interrupts::JoinHandler() {
  std::thread handler;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    handler.swap(handler_);
  }
  if (handler.joinable()) handler.join();
}

void Interrupts::Handle(std::function<void()> on_first, std::function<void()> on_second) {
  exit_code_ = 0;
  on_first_ = std::move(on_first);
  on_second_ = std::move(on_second);
  thread_ = std::thread([this] { Loop(); });
}

int Interrupts::Take() {
  signalfd_siginfo info;
  if (read(signals_, &info, sizeof(info)) != sizeof(info)) return 0;
  return 128 + static_cast<int>(info.ssi_signo);
}

int Interrupts::Await(int fd) {
  pollfd fds[] = {{signals_, POLLIN, 0}, {fd, POLLIN, 0}};
  for (;;) {
    const int ready = poll(fds, 2, -1);
    const int code = Take();
    if (code != 0) return code;
    if (ready > 0 && fds[1].revents != 0) return 0;
  }
}

void Interrupts::Loop() {
  pollfd fds[] = {{stop_, POLLIN, 0}, {signals_, POLLIN, 0}};
  for (;;) {
    poll(fds, 2, -1);
    if (fds[0].revents != 0) return;
    const int code = Take();
    if (code == 0) continue;
    int none = 0;
    if (!exit_code_.compare_exchange_strong(none, code)) {
      if (on_second_) on_second_();
      _exit(code);
    }
    // On a thread of its own: a second signal is to be heard while this waits for the daemon.
    const std::lock_guard<std::mutex> lock(mutex_);
    handler_ = std::thread(on_first_);
  }
}

}  // namespace muster::client
