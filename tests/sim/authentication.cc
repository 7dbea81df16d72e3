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
  if (method == "none") --failures_;  // only asks what there is
  if (method == "none" || refuse_ || method != Methods()) return Fail(sender);
  if (method == "publickey") return OnKey(session_id, &request, fields, sender);
  if (method == "password") {
    fields->Bool();  // whether it is a new one
    return OnPassword(fields->String(), sender);
  }
  if (password_.way == PasswordRule::Way::kTwoAtOnce) return AskTwo(sender);
  const bool code = password_.way == PasswordRule::Way::kCode;
  return Ask(code ? "Verification code: " : "Password: ", code, sender);
}

absl::string_view Authentication::Methods() const {
  switch (password_.way) {
    case PasswordRule::Way::kNot:
      return "publickey";
    case PasswordRule::Way::kPassword:
    case PasswordRule::Way::kExpired:
      return "password";
    default:
      return "keyboard-interactive";
  }
}

Authentication::Result Authentication::OnKey(const std::string& session_id,
                                             PublicKeyRequest* request, WireReader* fields,
                                             MessageSender* sender) {
  const bool with_signature = fields->Bool();
  request->algorithm = fields->String();
  request->key = fields->String();
  if (!fields->ok()) return Fail(sender);
  if (!with_signature) {
    SendPkOk(request->algorithm, request->key, sender);
    return Result::kAgain;
  }
  request->signature = fields->String();
  return Accepts(session_id, *request) ? Succeed(sender) : Fail(sender);
}

Authentication::Result Authentication::OnPassword(absl::string_view password,
                                                  MessageSender* sender) {
  if (password != password_.password) return Fail(sender);
  if (password_.way != PasswordRule::Way::kExpired) return Succeed(sender);
  WireWriter(sender->Begin()).Byte(kUserauthPasswdChangereq).String("Too old.").String("");
  sender->End();
  return Result::kAgain;
}

// No question: it only tells something.
Authentication::Result Authentication::Ask(absl::string_view question, bool shown,
                                           MessageSender* sender) {
  ++questions_;
  WireWriter writer(sender->Begin());
  writer.Byte(kUserauthInfoRequest).String("").String("").String("");
  writer.Uint32(question.empty() ? 0 : 1);
  if (!question.empty()) writer.String(question).Bool(shown);
  sender->End();
  return Result::kAgain;
}

Authentication::Result Authentication::AskTwo(MessageSender* sender) {
  ++questions_;
  WireWriter writer(sender->Begin());
  writer.Byte(kUserauthInfoRequest).String("").String("").String("").Uint32(2);
  writer.String("Password: ").Bool(false).String("Verification code: ").Bool(true);
  sender->End();
  return Result::kAgain;
}

Authentication::Result Authentication::OnInfoResponse(WireReader* fields, MessageSender* sender) {
  if (questions_ == 0) return Fail(sender);
  const uint32_t count = fields->Uint32();
  if (password_.way == PasswordRule::Way::kTwoAtOnce) {
    const bool right =
        count == 2 && fields->String() == password_.password && fields->String() == "123456";
    return right ? Succeed(sender) : Fail(sender);
  }
  if (questions_ == 2) return count == 0 ? Succeed(sender) : Fail(sender);
  if (count != 1 || fields->String() != password_.password) return Fail(sender);
  const bool renew = password_.way == PasswordRule::Way::kRenew;
  return Ask(renew ? "New password: " : "", false, sender);
}

Authentication::Result Authentication::Succeed(MessageSender* sender) {
  WireWriter(sender->Begin()).Byte(kUserauthSuccess);
  sender->End();
  return Result::kLoggedIn;
}

Authentication::Result Authentication::Fail(MessageSender* sender) {
  if (++failures_ >= kMaxAuthTries) return Result::kTooManyFailures;
  WireWriter(sender->Begin()).Byte(kUserauthFailure).String(Methods()).Bool(false);
  sender->End();
  return Result::kAgain;
}

}  // namespace muster::sim
