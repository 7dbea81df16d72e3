#include "service/api/call_lane.h"

#include <pthread.h>

#include <utility>

#include "proto/contract/error_details.h"

namespace muster::service {
namespace {

absl::Status TooMuch() {
  return WithReason(
      absl::ResourceExhaustedError(
          "too many calls of yours, or of all, are waiting to be answered; try again soon"),
      v1::ERROR_REASON_BUSY);
}

absl::Status Stopping() { return absl::UnavailableError("musterd is stopping"); }

}  // namespace

CallLane::CallLane(int threads, size_t max_bytes) : queue_(max_bytes) {
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { Work(); });
    pthread_setname_np(threads_.back().native_handle(), "call");
  }
}

CallLane::~CallLane() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    ended_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void CallLane::Add(Call call) {
  std::vector<Call> refused;
  {
    MutexLock lock(&mutex_);
    refused = queue_.Push(std::move(call));
  }
  wake_.notify_one();
  for (Call& other : refused) other.answer(TooMuch());
}

// Calls are answered, and destroyed, with no lock held.
void CallLane::Work() {
  for (;;) {
    Call call;
    bool stopping;
    {
      MutexLock lock(&mutex_);
      while (queue_.empty() && !ended_) lock.Wait(&wake_);
      if (queue_.empty()) return;
      call = queue_.Pop();
      stopping = stopping_;
      ++running_;
    }
    call.answer(stopping ? Stopping() : absl::OkStatus());
    call.answer = nullptr;
    MutexLock lock(&mutex_);
    if (--running_ == 0 && queue_.empty()) idle_.notify_all();
  }
}

void CallLane::Stop() {
  MutexLock lock(&mutex_);
  stopping_ = true;
}

void CallLane::Drain() {
  MutexLock lock(&mutex_);
  while (running_ > 0 || !queue_.empty()) lock.Wait(&idle_);
}

}  // namespace muster::service
