#include "ssh_engine/loop/epoll_loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "absl/base/internal/raw_logging.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace muster::engine {
namespace {

constexpr int kEventsPerTurn = 256;
constexpr int kBackgroundEventsPerTurn = 4;
constexpr absl::Duration kBackgroundPerTurn = absl::Microseconds(250);  // a key exchange takes most
constexpr absl::Duration kBackgroundRest = absl::Milliseconds(1);       // while others hurry
constexpr absl::Duration kHurry = absl::Milliseconds(20);
constexpr absl::Duration kMoment = absl::Milliseconds(100);  // between one small run and the next
constexpr int kBulkEventsPerTurn = 4;                        // of up to 256 KiB each
constexpr uint64_t kWakeId = 0;
constexpr uint64_t kBackgroundId = 1;
constexpr uint64_t kBulkId = 2;

absl::Status ErrnoStatus(const char* what) {
  return absl::ErrnoToStatus(errno, absl::StrCat("event loop: ", what));
}

absl::Duration ReadMonotonic() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return absl::DurationFromTimespec(now);
}

uint32_t EpollEvents(bool read, bool write) {
  return (read ? uint32_t{EPOLLIN | EPOLLRDHUP} : 0) | (write ? uint32_t{EPOLLOUT} : 0);
}

bool AddOwn(int epoll, int fd, uint64_t id) {
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.u64 = id;
  return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

// Shared with a dispatch under way, so that a callback may destroy its own watch.
struct EpollLoop::WatchState {
  int epoll;
  int fd;
  absl::AnyInvocable<void(Readiness)> callback;
  uint32_t events = 0;  // 0: not in the epoll set, where EPOLLHUP could not be masked
};

struct EpollLoop::TimerState {
  Task callback;
};

class EpollLoop::WatchImpl final : public FdWatch {
 public:
  WatchImpl(EpollLoop* loop, uint64_t id, std::shared_ptr<WatchState> state)
      : loop_(loop), id_(id), state_(std::move(state)) {}
  ~WatchImpl() override {
    ABSL_RAW_CHECK(loop_->InLoopThread(), "a watch belongs to its loop's thread");
    SetInterest(false, false);
    loop_->watches_.erase(id_);
  }

  void SetInterest(bool read, bool write) override {
    ABSL_RAW_CHECK(loop_->InLoopThread(), "a watch belongs to its loop's thread");
    SetEvents(EpollEvents(read, write));
  }

  void Forget() override {
    ABSL_RAW_CHECK(loop_->InLoopThread(), "a watch belongs to its loop's thread");
    state_->events = 0;
    forgotten_ = true;
  }

  void SetPriority(Priority priority) override {
    ABSL_RAW_CHECK(loop_->InLoopThread(), "a watch belongs to its loop's thread");
    const int epoll = loop_->SetOf(priority);
    if (epoll == state_->epoll) return;
    const uint32_t events = state_->events;
    SetEvents(0);
    state_->epoll = epoll;
    SetEvents(events);
  }

 private:
  void SetEvents(uint32_t events) {
    if (events == state_->events || forgotten_) return;
    const int operation = events == 0           ? EPOLL_CTL_DEL
                          : state_->events == 0 ? EPOLL_CTL_ADD
                                                : EPOLL_CTL_MOD;
    epoll_event event = {};
    event.events = events;
    event.data.u64 = id_;
    const int result = epoll_ctl(state_->epoll, operation, state_->fd, &event);
    // A descriptor that was closed first has left the set by itself.
    ABSL_RAW_CHECK(result == 0 || operation == EPOLL_CTL_DEL, "epoll_ctl failed");
    state_->events = events;
  }

  EpollLoop* const loop_;
  const uint64_t id_;
  const std::shared_ptr<WatchState> state_;
  bool forgotten_ = false;
};

class EpollLoop::TimerImpl final : public Timer {
 public:
  TimerImpl(EpollLoop* loop, uint64_t id, Task callback)
      : loop_(loop), id_(id), state_(std::make_shared<TimerState>()) {
    state_->callback = std::move(callback);
  }
  ~TimerImpl() override { Disarm(); }

  void Arm(absl::Duration after) override {
    Disarm();
    due_ = loop_->now_ + std::max(after, absl::ZeroDuration());
    loop_->timer_order_.emplace(due_, id_);
    loop_->armed_timers_.emplace(id_, state_);
  }

  void Disarm() override {
    ABSL_RAW_CHECK(loop_->InLoopThread(), "a timer belongs to its loop's thread");
    if (loop_->armed_timers_.erase(id_) > 0) loop_->timer_order_.erase({due_, id_});
  }

  bool armed() const override { return loop_->armed_timers_.contains(id_); }

 private:
  EpollLoop* const loop_;
  const uint64_t id_;
  const std::shared_ptr<TimerState> state_;
  absl::Duration due_;
};

absl::StatusOr<std::unique_ptr<EpollLoop>> EpollLoop::Create() {
  UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) return ErrnoStatus("epoll_create1");
  UniqueFd background(epoll_create1(EPOLL_CLOEXEC));
  if (!background.valid()) return ErrnoStatus("epoll_create1");
  UniqueFd bulk(epoll_create1(EPOLL_CLOEXEC));
  if (!bulk.valid()) return ErrnoStatus("epoll_create1");
  UniqueFd wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid()) return ErrnoStatus("eventfd");
  if (!AddOwn(epoll.get(), wake.get(), kWakeId) ||
      !AddOwn(epoll.get(), background.get(), kBackgroundId) ||
      !AddOwn(epoll.get(), bulk.get(), kBulkId)) {
    return ErrnoStatus("epoll_ctl");
  }
  return std::unique_ptr<EpollLoop>(
      new EpollLoop(std::move(epoll), std::move(background), std::move(bulk), std::move(wake)));
}

EpollLoop::EpollLoop(UniqueFd epoll, UniqueFd background, UniqueFd bulk, UniqueFd wake)
    : epoll_(std::move(epoll)),
      background_(std::move(background)),
      bulk_(std::move(bulk)),
      wake_(std::move(wake)),
      thread_(std::this_thread::get_id()) {
  ReadClocks();
}

EpollLoop::~EpollLoop() = default;

void EpollLoop::Run() {
  thread_ = std::this_thread::get_id();
  while (!stopping_) Iterate();
  // What is left is destroyed here: it may hold what belongs to this thread.
  std::vector<Task> posted;
  {
    MutexLock lock(&mutex_);
    posted.swap(posted_);
  }
  posted.clear();
  deferred_.clear();
}

void EpollLoop::Stop() {
  stopping_ = true;
  Wake();
}

void EpollLoop::Iterate() {
  epoll_event events[kEventsPerTurn];
  const int count = epoll_wait(epoll_.get(), events, kEventsPerTurn, WaitMilliseconds());
  ABSL_RAW_CHECK(count >= 0 || errno == EINTR, "epoll_wait failed");
  ReadClocks();
  bool posted = false;
  bool background = false;
  bool bulk = false;
  for (int i = 0; i < count; ++i) {
    if (events[i].data.u64 == kWakeId) {
      posted = true;
    } else if (events[i].data.u64 == kBackgroundId) {
      background = true;
    } else if (events[i].data.u64 == kBulkId) {
      bulk = true;
    } else {
      Dispatch(events[i].data.u64, events[i].events);
    }
  }
  RunTimers();
  if (posted) RunPosted();
  TakeBackgroundTurn(background);
  if (bulk) ServeBulk();
  RunDeferred();
}

// While it rests nobody knows whether there is more of it.
void EpollLoop::TakeBackgroundTurn(bool ready) {
  if (background_rests_) {
    if (now_ < background_rests_until_ && Hurried()) return;
    RestBackground(false);
    ready = true;
  }
  background_behind_ = ready && ServeBackground();
  if (ready && Hurried()) RestBackground(true);
}

// What is left over makes the next iteration's epoll_wait return at once. Taken one at a time: what
// is not served stays first in its set.
bool EpollLoop::ServeBackground() {
  const absl::Duration begin = ReadMonotonic();
  for (int i = 0; i < kBackgroundEventsPerTurn; ++i) {
    epoll_event event;
    if (epoll_wait(background_.get(), &event, 1, 0) != 1) return false;
    Dispatch(event.data.u64, event.events);
    if (ReadMonotonic() - begin >= kBackgroundPerTurn) break;
  }
  return true;
}

// Its set reports nothing meanwhile.
void EpollLoop::RestBackground(bool rest) {
  background_rests_ = rest;
  background_rests_until_ = ReadMonotonic() + kBackgroundRest;
  epoll_event event = {};
  event.events = rest ? 0u : uint32_t{EPOLLIN};
  event.data.u64 = kBackgroundId;
  const int result = epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, background_.get(), &event);
  ABSL_RAW_CHECK(result == 0, "epoll_ctl failed");
}

void EpollLoop::AddHurried(int count) {
  ABSL_RAW_CHECK(InLoopThread(), "AddHurried belongs to the loop's thread");
  hurried_ += count;
  if (count > 0) hurried_until_ = now_ + kHurry;
  last_hurried_ = now_;
}

bool EpollLoop::InHurry() const { return now_ < last_hurried_ + kMoment; }

void EpollLoop::ServeBulk() {
  epoll_event events[kBulkEventsPerTurn];
  const int count = epoll_wait(bulk_.get(), events, kBulkEventsPerTurn, 0);
  for (int i = 0; i < count; ++i) Dispatch(events[i].data.u64, events[i].events);
}

int EpollLoop::SetOf(Priority priority) const {
  switch (priority) {
    case Priority::kNormal:
      return epoll_.get();
    case Priority::kBackground:
      return background_.get();
    case Priority::kBulk:
      return bulk_.get();
  }
  return epoll_.get();
}

// Rounded up: a timer never fires early.
int EpollLoop::WaitMilliseconds() const {
  if (!deferred_.empty()) return 0;
  absl::Duration next = absl::InfiniteDuration();
  if (!timer_order_.empty()) next = timer_order_.begin()->first;
  if (background_rests_) next = std::min(next, background_rests_until_);
  if (next == absl::InfiniteDuration()) return -1;
  const absl::Duration wait = next - ReadMonotonic();
  if (wait <= absl::ZeroDuration()) return 0;
  return static_cast<int>(std::min<int64_t>(
      absl::ToInt64Milliseconds(absl::Ceil(wait, absl::Milliseconds(1))), 3'600'000));
}

void EpollLoop::ReadClocks() {
  now_ = ReadMonotonic();
  wall_time_ = absl::Now();
}

// A watch that an earlier callback of this iteration has destroyed is not found any more.
void EpollLoop::Dispatch(uint64_t id, uint32_t events) {
  const auto it = watches_.find(id);
  if (it == watches_.end() || it->second->events == 0) return;
  const std::shared_ptr<WatchState> state = it->second;
  Readiness readiness;
  readiness.readable = (events & EPOLLIN) != 0;
  readiness.writable = (events & EPOLLOUT) != 0;
  readiness.hangup = (events & (EPOLLHUP | EPOLLRDHUP | EPOLLERR)) != 0;
  state->callback(readiness);
}

// A timer that is armed within a callback waits for the next iteration, even where it is due.
void EpollLoop::RunTimers() {
  std::vector<std::pair<absl::Duration, uint64_t>> due;
  for (const auto& entry : timer_order_) {
    if (entry.first > now_) break;
    due.push_back(entry);
  }
  for (const auto& entry : due) {
    if (timer_order_.erase(entry) == 0) continue;  // disarmed or armed anew meanwhile
    const std::shared_ptr<TimerState> state = armed_timers_.extract(entry.second).mapped();
    state->callback();
  }
}

void EpollLoop::RunPosted() {
  uint64_t count = 0;
  if (read(wake_.get(), &count, sizeof(count)) < 0) return;
  std::vector<Task> tasks;
  {
    MutexLock lock(&mutex_);
    tasks.swap(posted_);
  }
  for (Task& task : tasks) {
    if (stopping_) return;
    task();
    task = nullptr;
  }
}

void EpollLoop::RunDeferred() {
  while (!deferred_.empty()) {
    Task task = std::move(deferred_.front());
    deferred_.pop_front();
    task();
  }
}

void EpollLoop::Post(Task task) {
  bool first;
  {
    MutexLock lock(&mutex_);
    first = posted_.empty();
    posted_.push_back(std::move(task));
  }
  if (first) Wake();
}

void EpollLoop::Wake() {
  const uint64_t one = 1;
  // Fails only where the counter is full, and then the loop is awake.
  [[maybe_unused]] const ssize_t written = write(wake_.get(), &one, sizeof(one));
}

void EpollLoop::Defer(Task task) {
  ABSL_RAW_CHECK(InLoopThread(), "Defer belongs to the loop's thread");
  deferred_.push_back(std::move(task));
}

std::unique_ptr<FdWatch> EpollLoop::Watch(int fd, Priority priority,
                                          absl::AnyInvocable<void(Readiness)> callback) {
  ABSL_RAW_CHECK(InLoopThread(), "Watch belongs to the loop's thread");
  auto state = std::make_shared<WatchState>();
  state->epoll = SetOf(priority);
  state->fd = fd;
  state->callback = std::move(callback);
  const uint64_t id = next_id_++;
  watches_.emplace(id, state);
  return std::make_unique<WatchImpl>(this, id, std::move(state));
}

std::unique_ptr<Timer> EpollLoop::NewTimer(Task callback) {
  ABSL_RAW_CHECK(InLoopThread(), "NewTimer belongs to the loop's thread");
  return std::make_unique<TimerImpl>(this, next_id_++, std::move(callback));
}

absl::Duration EpollLoop::Now() const { return now_; }

absl::Duration EpollLoop::ReadClock() const { return ReadMonotonic(); }

absl::Time EpollLoop::WallTime() const { return wall_time_; }

bool EpollLoop::InLoopThread() const { return thread_ == std::this_thread::get_id(); }

}  // namespace muster::engine
