// Sends what comes on standard input to the run's commands.
#ifndef CLIENT_COMMANDS_INPUT_SENDER_H_
#define CLIENT_COMMANDS_INPUT_SENDER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "client/library/muster_client.h"

namespace muster::client {

// On a thread of its own, as fast as the run takes it. Owned by who follows the run.
class InputSender {
 public:
  // `client` must outlive it. `on_failure` is called once, from that thread, where the input could
  // not be sent to its end though the run goes on.
  InputSender(MusterClient* client, std::function<void(const absl::Status&)> on_failure);
  // Stops it, whether all has been sent or not.
  ~InputSender();
  InputSender(const InputSender&) = delete;
  InputSender& operator=(const InputSender&) = delete;

  // The run's id is known from now on. Further calls do nothing.
  void Begin(const std::string& run_id);
  // Nothing has come on standard input so far, not even its end.
  bool idle() const { return idle_; }

 private:
  void Work();
  // Waits until there is something to read, or it is to stop: false.
  bool AwaitInput();
  // Whether it is not to stop meanwhile.
  bool Pause(int milliseconds);
  // Until all of it is taken; whether to go on.
  bool Send(absl::string_view data, bool end);

  MusterClient* const client_;
  const std::function<void(const absl::Status&)> on_failure_;
  const int stop_;  // an eventfd
  std::string run_id_;
  uint64_t offset_ = 0;  // bytes that were taken
  std::atomic<bool> idle_{true};
  std::thread thread_;
};

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_INPUT_SENDER_H_
