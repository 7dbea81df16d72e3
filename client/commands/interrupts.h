// Ctrl-C, and the other signals that ask muster to end.
#ifndef CLIENT_COMMANDS_INTERRUPTS_H_
#define CLIENT_COMMANDS_INTERRUPTS_H_

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

namespace muster::client {

// Takes SIGINT, SIGTERM and SIGHUP from its making on, before any other thread is made; those that
// muster was started to ignore (nohup, "&" in a script) stay ignored. The first calls the handler
// on a thread of its own; a second one has its say and ends the process with 128 and its number, as
// a shell has it.
class Interrupts {
 public:
  Interrupts();
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  // Until Stop; then again. Signals that came before count, and no signal has come first yet.
  // `on_second` must not wait for long; may be empty.
  void Handle(std::function<void()> on_first, std::function<void()> on_second = {});
  // Waits for the handler if it runs; it is not called any more.
  void Stop();
  // 128 and the number of the signal that came first since Handle; 0: none did.
  int exit_code() const { return exit_code_; }
  // While nothing handles them: waits until `fd` has something to read, or its end: 0; or for a
  // signal, which is taken: 128 and its number.
  int Await(int fd);

 private:
  void Loop();
  int Take();  // 128 and the number of the signal that waits; 0: none does
  void JoinHandler();

  int signals_ = -1;  // a signalfd
  int stop_ = -1;     // an eventfd, zero but for while Stop waits
  std::function<void()> on_first_;
  std::function<void()> on_second_;
  std::atomic<int> exit_code_{0};
  std::thread thread_;
  std::mutex mutex_;
  std::thread handler_;  // guarded by mutex_
};

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_INTERRUPTS_H_
