#include "ssh_engine/login/login.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ssh_engine/login/interactive_method.h"
#include "ssh_engine/login/password_method.h"
#include "ssh_engine/login/ticket_method.h"

namespace muster::engine {

Login::Login(std::shared_ptr<SshTransport> transport, std::shared_ptr<const Credential> credential,
             std::string user, const Surroundings& surroundings,
             absl::AnyInvocable<void()> on_helper_done)
    : transport_(std::move(transport)),
      credential_(std::move(credential)),
      user_(std::move(user)),
      preferred_(surroundings.preferred),
      loop_(surroundings.loop),
      on_helper_done_(std::move(on_helper_done)),
      agent_(transport_, loop_, surroundings.helpers, [this] { OnHelperDone(); }),
      kerberos_(transport_, loop_, surroundings.kerberos, [this] { OnHelperDone(); }) {
  report_.noted = !credential_->notes.empty();
  report_.has_password = credential_->password != nullptr;
  report_.has_answers = !credential_->answers.empty();
  report_.password_source = credential_->password_source;
  report_.chosen = absl::StrJoin(credential_->methods, ", ");
  const std::vector<std::string>& chosen = credential_->methods;
  for (const std::string& name : chosen.empty() ? UsualMethods(report_.has_answers) : chosen) {
    AddMethod(name);
  }
  if (none_ == nullptr) AddNone(NoneMethod::Use::kToLearn);
}

// One that nobody knows is left out.
void Login::AddMethod(const std::string& name) {
  SshTransport* const server = transport_.get();
  const Credential* const credential = credential_.get();
  if (name == kPublickey && keys_ == nullptr) {
    auto keys = std::make_unique<KeyMethod>(server, credential, *preferred_, &agent_, &report_,
                                            user_, loop_->WallTime());
    keys_ = keys.get();
    methods_.push_back(std::move(keys));
  } else if (name == kNone && none_ == nullptr) {
    const bool chosen = !credential->methods.empty();
    AddNone(chosen ? NoneMethod::Use::kAlways : NoneMethod::Use::kIfNothingElse);
  } else if (name == kPasswordMethod) {
    methods_.push_back(std::make_unique<PasswordMethod>(server, credential, &report_));
  } else if (name == kKeyboardInteractive) {
    methods_.push_back(std::make_unique<InteractiveMethod>(server, credential, &report_));
  } else if (name == kGssapi) {
    methods_.push_back(std::make_unique<TicketMethod>(server, credential, &kerberos_, &report_));
  }
}

void Login::AddNone(NoneMethod::Use use) {
  auto none = std::make_unique<NoneMethod>(transport_.get(), &report_, use);
  none_ = none.get();
  methods_.push_back(std::move(none));
}

void Login::OnHelperDone() {
  busy_ = false;
  on_helper_done_();
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
    if (!method->HasNext(methods)) continue;
    const bool learn = methods.empty() && method->NeedsMethods() && none_->MayLearn();
    return learn ? none_ : method.get();
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
  const bool partial = answer == AuthStep::kPartial;
  if (partial && keys_ != nullptr && method != keys_) keys_->OnPartial();
  if (answer != AuthStep::kAccepted) return Step::kRefused;
  if (keys_ != nullptr && !keys_->taken().empty()) *preferred_ = keys_->taken();
  return Step::kDone;
}

absl::Time Login::expires() const {
  const absl::Time keys = keys_ == nullptr ? absl::InfiniteFuture() : keys_->expires();
  return std::min(keys, transport_->tickets_expire());
}

// --- For a person

std::string Login::Explain() const {
  return report_.Explain(user_, transport_->AuthenticationMethods()) + Remarks();
}

std::string Login::ExplainEnd() const {
  LoginReport::Offered offered;
  if (offering_ != nullptr) offered = {offering_->offered(), offering_ == keys_};
  return report_.ExplainEnd(user_, transport_->failure(), offered) + Remarks();
}

std::string Login::Remarks() const {
  std::string text;
  const std::string said = transport_->LoginText();
  if (!said.empty()) absl::StrAppend(&text, " The server said: \"", said, "\".");
  absl::StrAppend(&text, report_.RemarkOnAgent());
  for (const std::string& remark : report_.remarks) absl::StrAppend(&text, " ", remark);
  for (const std::string& note : credential_->notes) absl::StrAppend(&text, " ", note);
  return text;
}

}  // namespace muster::engine
