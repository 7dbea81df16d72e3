#include "ssh_engine/login/login.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "ssh_engine/login/interactive_method.h"
#include "ssh_engine/login/none_method.h"
#include "ssh_engine/login/password_method.h"

namespace muster::engine {

// The order of methods, as in OpenSSH's sshconnect2.c.
Login::Login(std::shared_ptr<SshTransport> transport, std::shared_ptr<const Credential> credential,
             Enough* preferred, EventLoop* loop, HelperPool* helpers,
             absl::AnyInvocable<void()> on_helper_done)
    : transport_(std::move(transport)),
      credential_(std::move(credential)),
      preferred_(preferred),
      on_helper_done_(std::move(on_helper_done)),
      agent_(transport_, loop, helpers, [this] {
        busy_ = false;
        on_helper_done_();
      }) {
  report_.noted = !credential_->notes.empty();
  SshTransport* const server = transport_.get();
  auto keys = std::make_unique<KeyMethod>(server, credential_.get(), *preferred, &agent_, &report_);
  keys_ = keys.get();
  methods_.push_back(std::move(keys));
  methods_.push_back(std::make_unique<NoneMethod>(server, &report_));
  methods_.push_back(std::make_unique<PasswordMethod>(server, credential_.get(), &report_));
  methods_.push_back(std::make_unique<InteractiveMethod>(server, credential_.get(), &report_));
}

Login::Step Login::Advance() {
  if (busy_) return Step::kBusy;
  Step step = Step::kRefused;
  for (LoginMethod* method; step == Step::kRefused && (method = Next()) != nullptr;) {
    offering_ = method;
    const absl::optional<AuthStep> answer = method->Offer();
    busy_ = !answer;
    step = answer ? Conclude(*answer, method) : Step::kBusy;
    if (report_.password_expired) break;  // and the connection is gone
  }
  return step;
}

LoginMethod* Login::Next() const {
  if (offering_ != nullptr) return offering_;
  const std::string methods = Methods();
  for (const std::unique_ptr<LoginMethod>& method : methods_) {
    if (method->HasNext(methods)) return method.get();
  }
  return nullptr;
}

std::string Login::Methods() const { return answered_ ? transport_->AuthenticationMethods() : ""; }

// kRefused: go on with what is next.
Login::Step Login::Conclude(AuthStep answer, LoginMethod* method) {
  if (answer == AuthStep::kAgain) return Step::kAgain;
  if (answer == AuthStep::kFailed) return Step::kFailed;
  method->Note(answer);
  offering_ = nullptr;
  answered_ = answered_ || answer != AuthStep::kUnproven;
  if (answer == AuthStep::kPartial && method != keys_) keys_->OnPartial();
  if (answer != AuthStep::kAccepted) return Step::kRefused;
  if (!keys_->taken().empty()) *preferred_ = keys_->taken();
  return Step::kDone;
}

// --- For a person

std::string Login::Explain(const std::string& user) const {
  return report_.Explain(user, transport_->AuthenticationMethods()) + Remarks();
}

std::string Login::ExplainEnd(const std::string& user) const {
  LoginReport::Offered offered;
  if (offering_ != nullptr) offered = {offering_->offered(), offering_ == keys_};
  return report_.ExplainEnd(user, transport_->failure(), offered) + Remarks();
}

std::string Login::Remarks() const {
  std::string text;
  const std::string said = transport_->LoginText();
  if (!said.empty()) absl::StrAppend(&text, " The server said: \"", said, "\".");
  absl::StrAppend(&text, report_.RemarkOnAgent());
  for (const std::string& note : credential_->notes) absl::StrAppend(&text, " ", note);
  return text;
}

}  // namespace muster::engine
