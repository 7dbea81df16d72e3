#include "client/output/ticker.h"

#include <utility>

namespace muster::client {

Ticker::Ticker(std::chrono::milliseconds interval, std::function<void()> tick)
    : thread_([this, interval, tick = std::move(tick)] { Loop(interval, tick); }) {}

Ticker::~Ticker() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ended_ = true;
  }
  ending_.notify_all();
  thread_.join();
}

void Ticker::Loop(std::chrono::milliseconds interval, const std::function<void()>& tick) {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!ending_.wait_for(lock, interval, [this] { return ended_; })) {
    lock.unlock();
    tick();
    lock.lock();
  }
}

}  // namespace muster::client
