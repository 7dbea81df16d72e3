// How libssh logs in.
#ifndef SSH_ENGINE_LIBSSH_LIBSSH_LOGIN_H_
#define SSH_ENGINE_LIBSSH_LIBSSH_LOGIN_H_

#include <libssh/libssh.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "ssh_engine/credentials/credential.h"
#include "ssh_engine/credentials/kerberos.h"
#include "ssh_engine/libssh/agent_link.h"
#include "ssh_engine/libssh/interposed/libssh_gssapi.h"
#include "ssh_engine/libssh/libssh_link.h"

namespace muster::engine {

// The steps of SshTransport that log in; one per link.
class LibsshLogin {
 public:
  using AuthStep = SshTransport::AuthStep;

  explicit LibsshLogin(LibsshLink* link) : link_(link) {}

  AuthStep ByKey(const Identity& identity);
  AuthStep ByAgent(const std::string& agent_socket, const std::string& public_key);
  AuthStep ByPassword(const std::string& password);
  AuthStep ByAnswers(const Secret* password, const std::vector<PreparedAnswer>& answers);
  const std::string& question() const { return question_; }
  SshTransport::Answered answered() const { return {password_given_, !given_.empty()}; }
  AuthStep ByTicket(const TicketSource& source, const std::string& host);
  const std::string& ticket_problem() const { return ticket_problem_; }
  absl::Time tickets_expire() const;
  LibsshGssapi* gssapi() { return &gssapi_; }  // for the end of the session
  AuthStep WithoutKey();
  void Abort() { agent_.Abort(); }
  std::string Methods() const;
  std::string Text() const;
  bool done() const { return done_; }

 private:
  ssh_session session() const { return link_->session(); }
  AuthStep Offer(absl::FunctionRef<int()> call);
  AuthStep TryAgent(const std::string& agent_socket, const std::string& public_key);
  int OfferByAgent(const std::string& public_key);
  int BeginOfferByAgent(const std::string& public_key);
  void NoteAgentList(bool alone);
  AuthStep TryPassword(const std::string& password);
  AuthStep TryAnswers(const Secret* password, const std::vector<PreparedAnswer>& answers);
  bool AnswerRound(const Secret* password, const std::vector<PreparedAnswer>& answers);
  const std::string* AnswerTo(absl::string_view question, bool shown, const Secret* password,
                              const std::vector<PreparedAnswer>& answers);
  bool FindTickets(const TicketSource& source, const std::string& host);
  AuthStep Conclude(int result);
  AuthStep Fail();
  bool RefusedHere() const;

  LibsshLink* const link_;
  bool done_ = false;
  bool reading_extensions_ = false;
  bool extensions_read_ = false;
  AgentLink agent_;
  std::vector<bool> given_;      // which of the answers; empty: none
  bool password_given_ = false;  // as an answer
  int rounds_ = 0;               // of questions
  std::string question_;
  std::unique_ptr<Tickets> tickets_;  // null: not looked for yet, or none
  LibsshGssapi gssapi_;
  std::string ticket_problem_;
  bool by_ticket_ = false;           // it is what logged in, or a part of that
  bool agent_offers_ = false;        // libssh has the key to offer, and waits for the server
  ssh_buffer agent_list_ = nullptr;  // libssh's, of that key
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_LIBSSH_LIBSSH_LOGIN_H_
