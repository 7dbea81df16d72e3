#include "ssh_engine/login.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace muster::engine {
namespace {

// The agent is asked once for all of its keys: the first of them stands for the others.
std::vector<size_t> OrderOf(const std::vector<Identity>& identities, size_t preferred) {
  std::vector<size_t> order;
  bool agent = false;
  for (size_t i = 0; i < identities.size(); ++i) {
    const bool by_agent = identities[i].private_key == nullptr;
    if (!by_agent || !agent) order.push_back(i);
    agent = agent || by_agent;
  }
  const auto it = std::find(order.begin(), order.end(), preferred);
  if (it != order.end()) std::rotate(order.begin(), it, it + 1);
  return order;
}

}  // namespace

Login::Login(std::shared_ptr<SshTransport> transport, std::shared_ptr<const Credential> credential,
             size_t* preferred, EventLoop* loop, HelperPool* helpers,
             absl::AnyInvocable<void()> on_helper_done)
    : transport_(std::move(transport)),
      credential_(std::move(credential)),
      preferred_(preferred),
      loop_(loop),
      helpers_(helpers),
      on_helper_done_(std::move(on_helper_done)),
      order_(OrderOf(credential_->identities, *preferred)),
      alive_(std::make_shared<char>()) {}

Login::Step Login::Advance() {
  if (busy_) return Step::kBusy;
  Step step = Step::kRefused;
  do {
    if (next_ == order_.size()) return Step::kRefused;
    if (ByAgent() && !agent_answer_) return AskAgent();
    const AuthStep answer = ByAgent()
                                ? *std::exchange(agent_answer_, absl::nullopt)
                                : transport_->Authenticate(credential_->identities[order_[next_]]);
    step = Conclude(answer);
  } while (step == Step::kRefused);
  return step;
}

bool Login::ByAgent() const {
  return credential_->identities[order_[next_]].private_key == nullptr;
}

// kRefused: go on with the next identity.
Login::Step Login::Conclude(AuthStep answer) {
  switch (answer) {
    case AuthStep::kAgain:
      return Step::kAgain;
    case AuthStep::kFailed:
      return Step::kFailed;
    case AuthStep::kAccepted:
      *preferred_ = order_[next_];
      return Step::kDone;
    case AuthStep::kPartial:
      partial_ = true;
      break;
    case AuthStep::kDenied:
      break;
  }
  refused_.push_back(ByAgent() ? "the ssh-agent's keys"
                               : credential_->identities[order_[next_]].name);
  ++next_;
  return Step::kRefused;
}

Login::Step Login::AskAgent() {
  busy_ = true;
  helpers_->Run([this, alive = std::weak_ptr<char>(alive_), loop = loop_, transport = transport_,
                 socket = credential_->agent_socket]() mutable {
    const AuthStep answer = transport->AuthenticateByAgent(socket);
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

std::string Login::Explain(const std::string& user) const {
  std::string text;
  if (refused_.empty()) {
    text = absl::StrCat("there is no key to log in with as ", user,
                        ": start an ssh-agent or name a key file.");
  } else {
    const std::string methods = transport_->AuthenticationMethods();
    text = absl::StrCat("the server took none of the keys that were offered for user ", user, ": ",
                        absl::StrJoin(refused_, ", "), ".");
    if (!methods.empty()) absl::StrAppend(&text, " It accepts: ", methods, ".");
    if (partial_) absl::StrAppend(&text, " One key was right, but it wants another method too.");
  }
  for (const std::string& note : credential_->notes) absl::StrAppend(&text, " ", note);
  return text;
}

}  // namespace muster::engine
