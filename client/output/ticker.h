// Something to be done every now and then.
#ifndef CLIENT_OUTPUT_TICKER_H_
#define CLIENT_OUTPUT_TICKER_H_

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace muster::client {

// Calls a function on a thread of its own, until it is destroyed.
class Ticker {
 public:
  Ticker(std::chrono::milliseconds interval, std::function<void()> tick);
  // Waits for a call that is under way.
  ~Ticker();
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

 private:
  void Loop(std::chrono::milliseconds interval, const std::function<void()>& tick);

  std::mutex mutex_;
  std::condition_variable ending_;
  bool ended_ = false;  // guarded by mutex_
  std::thread thread_;  // the last: it uses the others
};

}  // namespace muster::client

#endif  // CLIENT_OUTPUT_TICKER_H_
