#include "service/runs/run_request.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <openssl/sha.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "service/prepare/secrets.h"

namespace muster::service {
namespace {

using google::protobuf::Message;

std::string BytesOf(const Message& message) {
  std::string bytes = message.GetTypeName();
  google::protobuf::io::StringOutputStream out(&bytes);
  google::protobuf::io::CodedOutputStream coded(&out);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

// Creators have no line ends.
std::string KeyOf(const RunRequest& request) {
  return request.id.empty() ? "" : absl::StrCat(request.creator, "\n", request.id);
}

}  // namespace

std::string RequestDigest(const Message& asked) {
  const std::unique_ptr<Message> copy(asked.New());
  copy->CopyFrom(asked);
  WipeSecrets(copy.get());
  const auto* id = copy->GetDescriptor()->FindFieldByName("request_id");
  if (id != nullptr) copy->GetReflection()->ClearField(copy.get(), id);
  const std::string bytes = BytesOf(*copy);
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(&digest[0]));
  return digest;
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
