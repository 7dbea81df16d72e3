#include "ssh_engine/login/login.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace muster::engine {
namespace {

std::vector<size_t> OrderOf(size_t identities, const Login::Enough& preferred) {
  std::vector<size_t> order;
  for (const size_t index : preferred) {
    if (index < identities) order.push_back(index);
  }
  for (size_t i = 0; i < identities; ++i) {
    if (!absl::c_linear_search(preferred, i)) order.push_back(i);
  }
  return order;
}

}  // namespace

Login::Login(std::shared_ptr<SshTransport> transport, std::shared_ptr<const Credential> credential,
             Enough* preferred, EventLoop* loop, HelperPool* helpers,
             absl::AnyInvocable<void()> on_helper_done)
    : transport_(std::move(transport)),
      credential_(std::move(credential)),
      preferred_(preferred),
      loop_(loop),
      helpers_(helpers),
      on_helper_done_(std::move(on_helper_done)),
      order_(OrderOf(credential_->identities.size(), *preferred)),
      alive_(std::make_shared<char>()) {}

Login::Step Login::Advance() {
  if (busy_) return Step::kBusy;
  while (HasNext()) {
    if (ByAgent() && !agent_answer_) return AskAgent();
    const Step step = Conclude(Offer());
    if (step != Step::kRefused) return step;
  }
  return taken_.empty() ? LogInWithoutKey() : Step::kRefused;
}

bool Login::HasNext() const {
  if (next_ == order_.size()) return false;
  if (refused_.empty() && taken_.empty()) return true;
  const std::string methods = transport_->AuthenticationMethods();
  return methods.empty() || absl::StrContains(methods, "publickey");
}

SshTransport::AuthStep Login::Offer() {
  return agent_answer_ ? *std::exchange(agent_answer_, absl::nullopt)
                       : transport_->Authenticate(next());
}

// kRefused: go on with the next identity.
Login::Step Login::Conclude(AuthStep answer) {
  switch (answer) {
    case AuthStep::kAgain:
      return Step::kAgain;
    case AuthStep::kFailed:
      return Step::kFailed;
    case AuthStep::kAccepted:
      taken_.push_back(order_[next_]);
      *preferred_ = taken_;
      return Step::kDone;
    case AuthStep::kPartial:
      taken_.push_back(order_[next_]);
      taken_names_.push_back(next().name);
      break;
    case AuthStep::kDenied:
      refused_.push_back(next().name);
      break;
    case AuthStep::kUnproven:
      unproven_.push_back(next().name);
      break;
  }
  ++next_;
  return Step::kRefused;
}

// Last, so that who has a key pays no round trip for it. Some servers know their users by other
// means, and some users have an empty password.
Login::Step Login::LogInWithoutKey() {
  switch (transport_->AuthenticateWithoutKey()) {
    case AuthStep::kAgain:
      return Step::kAgain;
    case AuthStep::kFailed:
      return Step::kFailed;
    case AuthStep::kAccepted:
      return Step::kDone;
    default:
      return Step::kRefused;
  }
}

Login::Step Login::AskAgent() {
  busy_ = true;
  helpers_->Run([this, alive = std::weak_ptr<char>(alive_), loop = loop_, transport = transport_,
                 socket = credential_->agent_socket, key = next().public_blob]() mutable {
    const AuthStep answer = transport->AuthenticateByAgent(socket, key);
    // The transport goes along, so that the loop, not this thread, destroys it at the latest.
    loop->Post([this, alive = std::move(alive), transport = std::move(transport), answer] {
      if (alive.expired()) return;
      busy_ = false;
      agent_answer_ = answer;
      on_helper_done_();
    });
  });
  return Step::kBusy;
}

// --- For a person

std::string Login::Explain(const std::string& user) const {
  std::string text;
  if (!taken_names_.empty()) {
    text = absl::StrCat("the server took ", absl::StrJoin(taken_names_, ", "), " for user ", user,
                        ", but wants another method too.");
    if (!refused_.empty()) {
      absl::StrAppend(&text, " It refused ", absl::StrJoin(refused_, ", "), ".");
    }
  } else if (!refused_.empty()) {
    text = absl::StrCat("the server took none of the keys that were offered for user ", user, ": ",
                        absl::StrJoin(refused_, ", "), ".");
  } else if (!unproven_.empty()) {
    text = absl::StrCat("no key could be used to log in as ", user, ".");
  } else {
    text = absl::StrCat("there is no key to log in with as ", user,
                        ", and the server lets nobody in without: start an ssh-agent or name a key "
                        "file.");
  }
  const std::string methods = transport_->AuthenticationMethods();
  if (!methods.empty()) absl::StrAppend(&text, " It accepts: ", methods, ".");
  return text + Remarks();
}

std::string Login::ExplainEnd(const std::string& user) const {
  const TransportFailure& failure = transport_->failure();
  const bool pending = next_ < order_.size();
  const size_t offered = refused_.size() + (pending ? 1 : 0);
  std::string text = absl::StrCat(failure.message, ", while ", user, " was to be logged in");
  if (pending) absl::StrAppend(&text, " with ", next().name);
  if (!refused_.empty()) {
    absl::StrAppend(&text, ", after it had refused ", absl::StrJoin(refused_, ", "));
  }
  const bool counted = absl::StrContains(failure.message, "Too many authentication failures");
  if (offered < order_.size() && (counted || offered > 1)) {
    absl::StrAppend(&text, ". ", offered, " of ", order_.size(),
                    " keys were offered, and servers count those they refuse (sshd's "
                    "MaxAuthTries): choose one with -i FILE --identities-only.");
  } else if (counted) {
    absl::StrAppend(&text, ". It took none of the keys.");
  } else {
    absl::StrAppend(&text,
                    ". That account may not be let in, whatever the key (expired, "
                    "/etc/nologin, PAM): the server's log says why.");
  }
  return text + Remarks();
}

std::string Login::Remarks() const {
  std::string text;
  const std::string said = transport_->LoginText();
  if (!said.empty()) absl::StrAppend(&text, " The server said: \"", said, "\".");
  if (!unproven_.empty()) {
    absl::StrAppend(&text, " No signature was made with ", absl::StrJoin(unproven_, ", "),
                    ": an agent may be gone, be locked or refuse.");
  }
  for (const std::string& note : credential_->notes) absl::StrAppend(&text, " ", note);
  return text;
}

}  // namespace muster::engine
