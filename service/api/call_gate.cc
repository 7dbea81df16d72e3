#include "service/api/call_gate.h"

#include <chrono>
#include <utility>

#include "service/api/unknown_fields.h"

namespace muster::service {
namespace {

// Preparing a run may wait for an agent; a look-up takes a processor, of which the loops need most.
constexpr int kLifecycleThreads = 2;
constexpr int kReadThreads = 2;
constexpr int kUploadThreads = 2;
constexpr int kSearchThreads = 2;
constexpr int kInputThreads = 2;
constexpr int kStartThreads = 4;
// Of the requests that wait, in each lane: 1,024 small ones.
constexpr size_t kMaxWaitingBytes = 64 << 20;

absl::Status GivenUp(const grpc::CallbackServerContext& context) {
  if (context.IsCancelled()) return absl::CancelledError("the caller has left");
  if (context.deadline() > std::chrono::system_clock::now()) return absl::OkStatus();
  return absl::DeadlineExceededError("the call's deadline passed while it waited for its turn");
}

}  // namespace

CallGate::CallGate(const Authorizer* authorizer, Activity* activity)
    : authorizer_(authorizer),
      activity_(activity),
      lifecycle_(kLifecycleThreads, kMaxWaitingBytes),
      reads_(kReadThreads, kMaxWaitingBytes),
      uploads_(kUploadThreads, kMaxWaitingBytes),
      searches_(kSearchThreads, kMaxWaitingBytes),
      inputs_(kInputThreads, kMaxWaitingBytes),
      starts_(kStartThreads, kMaxWaitingBytes) {}

absl::StatusOr<Caller> CallGate::Admit(const grpc::CallbackServerContext& context) {
  activity_->Touch(Activity::Clock::now());
  if (stopping_) return absl::UnavailableError("musterd is stopping");
  absl::StatusOr<Caller> caller = CallerOf(context.auth_context().get());
  if (!caller.ok()) return caller;
  const absl::Status known = authorizer_->CheckCaller(*caller);
  if (!known.ok()) return known;
  return caller;
}

void CallGate::Queue(Lane lane, const grpc::CallbackServerContext& context, const Caller& caller,
                     const google::protobuf::Message& request,
                     absl::AnyInvocable<void(absl::Status)> answer) {
  LaneOf(lane).Add({caller.Text(), request.SpaceUsedLong(),
                    [&context, &request, answer = std::move(answer)](absl::Status status) mutable {
                      status.Update(GivenUp(context));
                      if (status.ok()) status = CheckKnown(request);
                      answer(std::move(status));
                    }});
}

CallLane& CallGate::LaneOf(Lane lane) {
  switch (lane) {
    case Lane::kLifecycle:
      return lifecycle_;
    case Lane::kRead:
      return reads_;
    case Lane::kUpload:
      return uploads_;
    case Lane::kSearch:
      return searches_;
    case Lane::kInput:
      return inputs_;
    case Lane::kStart:
      break;
  }
  return starts_;
}

void CallGate::Stop() {
  stopping_ = true;
  for (CallLane* lane : {&lifecycle_, &reads_, &uploads_, &searches_, &inputs_, &starts_}) {
    lane->Stop();
  }
}

void CallGate::Drain() {
  for (CallLane* lane : {&lifecycle_, &reads_, &uploads_, &searches_, &inputs_, &starts_}) {
    lane->Drain();
  }
}

}  // namespace muster::service
