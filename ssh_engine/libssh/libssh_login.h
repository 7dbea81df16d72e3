// How libssh logs in.
#ifndef SSH_ENGINE_LIBSSH_LIBSSH_LOGIN_H_
#define SSH_ENGINE_LIBSSH_LIBSSH_LOGIN_H_

#include <libssh/libssh.h>

#include <string>

#include "absl/functional/function_ref.h"
#include "ssh_engine/credentials/credential.h"
#include "ssh_engine/libssh/agent_link.h"
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
  AuthStep ByAnswer(const std::string& password);
  const std::string& question() const { return question_; }
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
  AuthStep TryAnswer(const std::string& password);
  bool AnswerQuestion(const std::string& password);
  AuthStep Conclude(int result);
  AuthStep Fail();
  bool RefusedHere() const;

  LibsshLink* const link_;
  bool done_ = false;
  bool reading_extensions_ = false;
  bool extensions_read_ = false;
  AgentLink agent_;
  bool question_answered_ = false;
  std::string question_;
  bool agent_offers_ = false;        // libssh has the key to offer, and waits for the server
  ssh_buffer agent_list_ = nullptr;  // libssh's, of that key
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_LIBSSH_LIBSSH_LOGIN_H_
