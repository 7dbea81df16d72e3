#include "service/runs/run_request.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "service/prepare/message_digest.h"
#include "service/prepare/secrets.h"

namespace muster::service {
namespace {

using google::protobuf::Message;

// Creators have no line ends.
std::string KeyOf(const RunRequest& request) {
  return request.id.empty() ? "" : absl::StrCat(request.creator, "\n", request.id);
}

}  // namespace

std::string RequestDigest(const Message& asked) {
  const std::unique_ptr<Message> copy(asked.New());
  copy->CopyFrom(asked);
  WipeSecrets(copy.get());
  return MessageDigest(*copy, {"request_id"});
}

RequestTurns::Turn::Turn(RequestTurns* turns, const RunRequest& request)
    : turns_(turns), key_(KeyOf(request)) {
  if (key_.empty()) return;
  MutexLock lock(&turns_->mutex_);
  while (!turns_->taken_.insert(key_).second) lock.Wait(&turns_->given_back_);
}

RequestTurns::Turn::~Turn() {
  if (key_.empty()) return;
  MutexLock lock(&turns_->mutex_);
  turns_->taken_.erase(key_);
  turns_->given_back_.notify_all();
}

}  // namespace muster::service
