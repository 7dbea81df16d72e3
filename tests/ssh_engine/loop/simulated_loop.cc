#include "tests/ssh_engine/loop/simulated_loop.h"

#include <poll.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <utility>
#include <vector>

namespace muster::engine {

class SimulatedLoop::SimulatedWatch final : public FdWatch {
 public:
  SimulatedWatch(SimulatedLoop* loop, int fd, Priority priority,
                 absl::AnyInvocable<void(Readiness)> callback)
      : loop_(loop),
        fd_(fd),
        priority_(priority),
        callback_(std::make_shared<absl::AnyInvocable<void(Readiness)>>(std::move(callback))) {
    loop_->watches_[fd_] = this;
  }
  ~SimulatedWatch() override { loop_->watches_.erase(fd_); }
  void SetInterest(bool read, bool write) override {
    read_ = read;
    write_ = write;
  }
  void SetPriority(Priority priority) override { priority_ = priority; }
  void Forget() override {
    ++loop_->forgotten;
    read_ = write_ = false;
  }
  // The callback may destroy this.
  void Call(Readiness readiness) {
    const auto callback = callback_;
    (*callback)(readiness);
  }
  bool read() const { return read_; }
  bool write() const { return write_; }
  Priority priority() const { return priority_; }

 private:
  SimulatedLoop* const loop_;
  const int fd_;
  Priority priority_;
  const std::shared_ptr<absl::AnyInvocable<void(Readiness)>> callback_;
  bool read_ = false;
  bool write_ = false;
};

class SimulatedLoop::SimulatedTimer final : public Timer {
 public:
  SimulatedTimer(SimulatedLoop* loop, Task callback)
      : loop_(loop), callback_(std::make_shared<Task>(std::move(callback))) {}
  ~SimulatedTimer() override { Disarm(); }
  void Arm(absl::Duration after) override {
    Disarm();
    place_ = loop_->timers_.emplace(loop_->now_ + std::max(after, absl::ZeroDuration()), this);
    armed_ = true;
  }
  void Disarm() override {
    if (std::exchange(armed_, false)) loop_->timers_.erase(place_);
  }
  bool armed() const override { return armed_; }
  // The callback may destroy this.
  void Fire() {
    Disarm();
    const auto callback = callback_;
    (*callback)();
  }

 private:
  SimulatedLoop* const loop_;
  const std::shared_ptr<Task> callback_;
  Timers::iterator place_;
  bool armed_ = false;
};

SimulatedLoop::SimulatedLoop() : thread_(std::this_thread::get_id()), now_(absl::Hours(1)) {}

SimulatedLoop::~SimulatedLoop() = default;

void SimulatedLoop::Post(Task task) {
  {
    MutexLock lock(&mutex_);
    (InLoopThread() ? tasks_ : others_).push_back(std::move(task));
  }
  posted_.notify_one();
}

void SimulatedLoop::Defer(Task task) { deferred_.push_back(std::move(task)); }

std::unique_ptr<FdWatch> SimulatedLoop::Watch(int fd, Priority priority,
                                              absl::AnyInvocable<void(Readiness)> callback) {
  return std::make_unique<SimulatedWatch>(this, fd, priority, std::move(callback));
}

std::unique_ptr<Timer> SimulatedLoop::NewTimer(Task callback) {
  return std::make_unique<SimulatedTimer>(this, std::move(callback));
}

void SimulatedLoop::Run() {
  for (;;) {
    std::deque<Task> tasks;
    {
      MutexLock lock(&mutex_);
      tasks.swap(tasks_);
    }
    if (tasks.empty() && deferred_.empty()) return;
    for (Task& task : tasks) task();
    while (!deferred_.empty()) {
      Task task = std::move(deferred_.front());
      deferred_.pop_front();
      task();
    }
  }
}

void SimulatedLoop::RunPosted() {
  {
    MutexLock lock(&mutex_);
    while (others_.empty()) lock.Wait(&posted_);
    std::move(others_.begin(), others_.end(), std::back_inserter(tasks_));
    others_.clear();
  }
  Run();
}

void SimulatedLoop::WaitForReadable() {
  std::vector<pollfd> asked;
  for (const auto& [fd, watch] : watches_) {
    if (watch->read()) asked.push_back({fd, POLLIN, 0});
  }
  if (asked.empty()) std::abort();  // nothing would ever come
  poll(asked.data(), asked.size(), -1);
  for (const pollfd& one : asked) {
    if (one.revents != 0) SetReady(one.fd, {true, false, false});
  }
}

void SimulatedLoop::Advance(absl::Duration by) {
  const absl::Duration end = now_ + by;
  while (!timers_.empty() && timers_.begin()->first <= end) {
    now_ = std::max(now_, timers_.begin()->first);
    timers_.begin()->second->Fire();
    Run();
  }
  now_ = end;
  Run();
}

bool SimulatedLoop::SetReady(int fd, Readiness readiness) {
  const auto it = watches_.find(fd);
  if (it == watches_.end()) return false;
  SimulatedWatch* watch = it->second;
  const bool wanted = (readiness.readable && watch->read()) ||
                      (readiness.writable && watch->write()) ||
                      (readiness.hangup && (watch->read() || watch->write()));
  if (!wanted) return false;
  watch->Call(readiness);
  Run();
  return true;
}

Priority SimulatedLoop::PriorityOf(int fd) const { return watches_.at(fd)->priority(); }

bool SimulatedLoop::WantsRead(int fd) const {
  const auto it = watches_.find(fd);
  return it != watches_.end() && it->second->read();
}

bool SimulatedLoop::WantsWrite(int fd) const {
  const auto it = watches_.find(fd);
  return it != watches_.end() && it->second->write();
}

}  // namespace muster::engine
