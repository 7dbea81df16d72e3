#include "tests/sim/authentication.h"

#include "tests/sim/keys.h"

namespace muster::sim {
namespace {

constexpr int kMaxAuthTries = 6;  // as sshd's default

void SendPkOk(absl::string_view algorithm, absl::string_view key, MessageSender* sender) {
  WireWriter(sender->Begin()).Byte(kUserauthPkOk).String(algorithm).String(key);
  sender->End();
}

}  // namespace

struct Authentication::PublicKeyRequest {
  absl::string_view user, service, algorithm, key, signature;
};

// What is signed: RFC 4252, 7.
bool Authentication::Accepts(const std::string& session_id, const PublicKeyRequest& request) const {
  if (!verify_ || request.algorithm != "ssh-ed25519") return true;
  std::string data;
  WireWriter(&data)
      .String(session_id)
      .Byte(kUserauthRequest)
      .String(request.user)
      .String(request.service)
      .String("publickey")
      .Bool(true)
      .String(request.algorithm)
      .String(request.key);
  return VerifyEd25519(request.key, request.signature, data);
}

Authentication::Result Authentication::OnRequest(const std::string& session_id, WireReader* fields,
                                                 MessageSender* sender) {
  PublicKeyRequest request;
  request.user = fields->String();
  request.service = fields->String();
  const absl::string_view method = fields->String();
  const bool with_signature = fields->Bool();
  request.algorithm = fields->String();
  request.key = fields->String();
  if (method == "none") --failures_;  // only asks what there is
  if (method != "publickey" || !fields->ok() || refuse_) return Fail(sender);
  if (!with_signature) {
    SendPkOk(request.algorithm, request.key, sender);
    return Result::kAgain;
  }
  request.signature = fields->String();
  if (!Accepts(session_id, request)) return Fail(sender);
  WireWriter(sender->Begin()).Byte(kUserauthSuccess);
  sender->End();
  return Result::kLoggedIn;
}

Authentication::Result Authentication::Fail(MessageSender* sender) {
  if (++failures_ >= kMaxAuthTries) return Result::kTooManyFailures;
  WireWriter(sender->Begin()).Byte(kUserauthFailure).String("publickey").Bool(false);
  sender->End();
  return Result::kAgain;
}

}  // namespace muster::sim
