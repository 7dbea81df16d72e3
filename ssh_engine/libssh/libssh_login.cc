#include "ssh_engine/libssh/libssh_login.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "ssh_engine/base/peer_text.h"

namespace muster::engine {
namespace {

using AuthStep = SshTransport::AuthStep;

constexpr size_t kMostLoginText = 400;  // bytes, for a message
constexpr int kMostRounds = 20;         // of questions

bool HasIn(absl::string_view question, absl::string_view part) {
  return absl::StrContains(absl::AsciiStrToLower(question), absl::AsciiStrToLower(part));
}

}  // namespace

AuthStep LibsshLogin::ByKey(const Identity& identity) {
  return link_->TakeTurn([&] {
    return Offer(
        [&] { return ssh_userauth_publickey(session(), nullptr, identity.private_key.get()); });
  });
}

AuthStep LibsshLogin::ByAgent(const std::string& agent_socket, const std::string& public_key) {
  return link_->TakeTurn([&] { return TryAgent(agent_socket, public_key); });
}

AuthStep LibsshLogin::TryAgent(const std::string& agent_socket, const std::string& public_key) {
  if (agent_.fd() < 0 && !agent_.Open(agent_socket)) return AuthStep::kUnproven;
  const AuthStep step = Offer([&] { return OfferByAgent(public_key); });
  // Else libssh would close it once more.
  ssh_set_agent_socket(session(), SSH_INVALID_SOCKET);
  if (step != AuthStep::kAgain) agent_.Close();
  return step;
}

// libssh offers all that an agent has, one after the other, and tells of none. So it is shown one
// key at a time; who signs is the user's agent.
int LibsshLogin::OfferByAgent(const std::string& public_key) {
  if (!agent_offers_) return BeginOfferByAgent(public_key);
  ssh_set_agent_socket(session(), agent_.fd());
  const int result = ssh_userauth_agent(session(), nullptr);
  agent_offers_ = result == SSH_AUTH_AGAIN;
  return result;
}

int LibsshLogin::BeginOfferByAgent(const std::string& public_key) {
  const OneKeyAgent agent(public_key);
  if (agent.fd() < 0) return SSH_AUTH_ERROR;  // libssh would look for one itself
  const size_t buffers = link_->buffers().count();
  ssh_set_agent_socket(session(), agent.fd());
  const int result = ssh_userauth_agent(session(), nullptr);
  agent_offers_ = result == SSH_AUTH_AGAIN;
  if (link_->buffers().count() > buffers) NoteAgentList(link_->buffers().count() == buffers + 1);
  return result;
}

// libssh 0.10 loses the list that it has when it gets another one (ssh_agent_get_ident_count,
// agent.c). `alone`: nothing but the new one was made and kept.
void LibsshLogin::NoteAgentList(bool alone) {
  const ssh_buffer last = std::exchange(agent_list_, alone ? link_->buffers().newest() : nullptr);
  if (alone && last != agent_list_ && link_->buffers().Has(last)) ssh_buffer_free(last);
}

AuthStep LibsshLogin::ByPassword(const std::string& password) {
  return link_->TakeTurn([&] { return TryPassword(password); });
}

// That a server wants another password first (SSH_MSG_USERAUTH_PASSWD_CHANGEREQ, 60) libssh takes
// for a message that does not belong there (ssh_packet_incoming_filter, packet.c).
AuthStep LibsshLogin::TryPassword(const std::string& password) {
  const int result = ssh_userauth_password(session(), nullptr, password.c_str());
  const AuthStep step = Conclude(result);
  if (step == AuthStep::kUnproven) question_ = link_->LibraryError();
  const bool expired = step == AuthStep::kFailed &&
                       absl::StrContains(link_->LibraryError(), "rejected packet (type 60)");
  return expired ? AuthStep::kExpired : step;
}

AuthStep LibsshLogin::ByAnswers(const Secret* password,
                                const std::vector<PreparedAnswer>& answers) {
  return link_->TakeTurn([&] { return TryAnswers(password, answers); });
}

AuthStep LibsshLogin::TryAnswers(const Secret* password,
                                 const std::vector<PreparedAnswer>& answers) {
  int result = ssh_userauth_kbdint(session(), nullptr, nullptr);
  while (result == SSH_AUTH_INFO) {
    if (!AnswerRound(password, answers)) return AuthStep::kUnproven;
    result = ssh_userauth_kbdint(session(), nullptr, nullptr);  // sends the answers
  }
  const AuthStep step = Conclude(result);
  if (step == AuthStep::kUnproven) question_ = link_->LibraryError();
  const bool asked = password_given_ || !given_.empty();
  return step == AuthStep::kDenied && !asked ? AuthStep::kUnproven : step;
}

// Some rounds tell something, and ask nothing.
bool LibsshLogin::AnswerRound(const Secret* password, const std::vector<PreparedAnswer>& answers) {
  if (++rounds_ > kMostRounds) return false;
  const int count = ssh_userauth_kbdint_getnprompts(session());
  for (int i = 0; i < count; ++i) {
    char echo = 0;
    const char* const prompt = ssh_userauth_kbdint_getprompt(session(), i, &echo);
    question_ = PeerText(prompt != nullptr ? prompt : "", kMostLoginText);
    const std::string* const answer =
        AnswerTo(prompt != nullptr ? prompt : "", echo != 0, password, answers);
    if (answer == nullptr) return false;
    if (ssh_userauth_kbdint_setanswer(session(), i, answer->c_str()) != 0) return false;
  }
  return true;
}

// Null: none. Who asks a second time for what was given wants something else, such as a new
// password.
const std::string* LibsshLogin::AnswerTo(absl::string_view question, bool shown,
                                         const Secret* password,
                                         const std::vector<PreparedAnswer>& answers) {
  for (size_t i = 0; i < answers.size(); ++i) {
    if (!HasIn(question, answers[i].question)) continue;
    given_.resize(answers.size());
    if (given_[i]) continue;
    given_[i] = true;
    return &answers[i].answer.get();
  }
  if (shown || password == nullptr || std::exchange(password_given_, true)) return nullptr;
  return &password->get();
}

// libssh finds neither another cache than the environment's nor the words for what went wrong: so
// the ticket is got first, and handed to it. Later calls find it in the cache.
bool LibsshLogin::FindTickets(const TicketSource& source, const std::string& host) {
  absl::StatusOr<std::unique_ptr<Tickets>> tickets = Tickets::Find(source);
  absl::Status status = tickets.ok() ? (*tickets)->GetFor(host) : tickets.status();
  if (!status.ok()) {
    ticket_problem_ = std::string(status.message());
    return false;
  }
  const int delegate = source.delegate ? 1 : 0;
  tickets_ = *std::move(tickets);
  ssh_gssapi_set_creds(session(), static_cast<ssh_gssapi_creds>(tickets_->handle()));
  return ssh_options_set(session(), SSH_OPTIONS_GSSAPI_SERVER_IDENTITY, host.c_str()) == SSH_OK &&
         ssh_options_set(session(), SSH_OPTIONS_GSSAPI_DELEGATE_CREDENTIALS, &delegate) == SSH_OK;
}

AuthStep LibsshLogin::ByTicket(const TicketSource& source, const std::string& host) {
  if (tickets_ == nullptr && !FindTickets(source, host)) return AuthStep::kUnproven;
  const LibsshGssapi::Scope scope(&gssapi_);
  return link_->TakeTurn([&] {
    const AuthStep step = Conclude(ssh_userauth_gssapi(session()));
    if (step == AuthStep::kUnproven) ticket_problem_ = link_->LibraryError();
    by_ticket_ = step == AuthStep::kAccepted || step == AuthStep::kPartial;
    return step;
  });
}

absl::Time LibsshLogin::tickets_expire() const {
  return by_ticket_ ? tickets_->expires() : absl::InfiniteFuture();
}

AuthStep LibsshLogin::WithoutKey() {
  if (extensions_read_) return AuthStep::kDenied;  // it was asked then
  return link_->TakeTurn([&] { return Conclude(ssh_userauth_none(session(), nullptr)); });
}

// Whether it was libssh that said no: it does so for RSA keys as long as it has not seen which
// signatures the server takes (EXT_INFO, RFC 8308), which comes right after the key exchange.
bool LibsshLogin::RefusedHere() const {
  return absl::StrContains(link_->LibraryError(), "not allowed");
}

AuthStep LibsshLogin::Offer(absl::FunctionRef<int()> call) {
  if (reading_extensions_) {
    const AuthStep step = Conclude(ssh_userauth_none(session(), nullptr));
    if (step != AuthStep::kDenied) return step;
    reading_extensions_ = false;
    extensions_read_ = true;
  }
  const AuthStep step = Conclude(call());
  if (step != AuthStep::kDenied || extensions_read_ || !RefusedHere()) return step;
  reading_extensions_ = true;
  return Offer(call);
}

AuthStep LibsshLogin::Conclude(int result) {
  if (!link_->Settle()) return Fail();
  if (link_->received_bytes() > kMostBytesBeforeLogin) return Fail();
  if (result == SSH_AUTH_AGAIN) return AuthStep::kAgain;
  if (result == SSH_AUTH_PARTIAL) return AuthStep::kPartial;
  if (result == SSH_AUTH_ERROR) return AuthStep::kUnproven;
  if (result != SSH_AUTH_SUCCESS) return AuthStep::kDenied;
  done_ = true;
  return AuthStep::kAccepted;
}

std::string LibsshLogin::Methods() const {
  const int methods = ssh_userauth_list(session(), nullptr);
  std::vector<absl::string_view> names;
  if (methods & SSH_AUTH_METHOD_PUBLICKEY) names.push_back("publickey");
  if (methods & SSH_AUTH_METHOD_PASSWORD) names.push_back("password");
  if (methods & SSH_AUTH_METHOD_INTERACTIVE) names.push_back("keyboard-interactive");
  if (methods & SSH_AUTH_METHOD_HOSTBASED) names.push_back("hostbased");
  if (methods & SSH_AUTH_METHOD_GSSAPI_MIC) names.push_back("gssapi-with-mic");
  return absl::StrJoin(names, ",");
}

std::string LibsshLogin::Text() const {
  char* const text = ssh_get_issue_banner(session());
  const std::vector<std::string> words =
      absl::StrSplit(text != nullptr ? text : "", absl::ByAnyChar(" \t\r\n"), absl::SkipEmpty());
  ssh_string_free_char(text);
  return PeerText(absl::StrJoin(words, " "), kMostLoginText);
}

AuthStep LibsshLogin::Fail() {
  if (link_->Alive()) {
    link_->Fail({Cause::kProtocol, false, "the server sent too much before the login"});
  } else {
    link_->FailLost();
  }
  return AuthStep::kFailed;
}

}  // namespace muster::engine
