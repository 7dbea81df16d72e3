// What a user can prove to be himself with: private keys, an agent, a password, answers, tickets.
#ifndef SSH_ENGINE_CREDENTIALS_CREDENTIAL_H_
#define SSH_ENGINE_CREDENTIALS_CREDENTIAL_H_

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "ssh_engine/base/secret.h"
#include "ssh_engine/credentials/kerberos.h"
#include "ssh_engine/credentials/ssh_key.h"

namespace muster::engine {

struct IdentityFile {
  std::string path;
  Passphrase passphrase;  // empty: none
  // Whether the file was asked for by name. One that was not is skipped when it does not exist or
  // is encrypted; one that was makes LoadCredential fail.
  bool required = true;
  // Of one that is not required: whether somebody counts on it, so that it is told where it does
  // not exist.
  bool named = false;

  // All of it. (One more does not compile before it is here; so below.)
  auto Fields() const {
    const auto& [path_, passphrase_, required_, named_] = *this;
    return std::tie(path_, passphrase_, required_, named_);
  }
  friend bool operator==(const IdentityFile& a, const IdentityFile& b) {
    return a.Fields() == b.Fields();
  }
  template <typename H>
  friend H AbslHashValue(H h, const IdentityFile& file) {
    return H::combine(std::move(h), file.Fields());
  }
};

// What to answer to a question of keyboard-interactive (RFC 4256). A value.
struct PreparedAnswer {
  std::string question;  // has this in it, letters in either case; not empty
  Passphrase answer;

  auto Fields() const {
    const auto& [question_, answer_] = *this;
    return std::tie(question_, answer_);
  }
  friend bool operator==(const PreparedAnswer& a, const PreparedAnswer& b) {
    return a.Fields() == b.Fields();
  }
  template <typename H>
  friend H AbslHashValue(H h, const PreparedAnswer& answer) {
    return H::combine(std::move(h), answer.Fields());
  }
};

// The methods of logging in, by SSH's names (RFC 4252, RFC 4256, RFC 4462).
constexpr char kPublickey[] = "publickey";
constexpr char kPasswordMethod[] = "password";
constexpr char kKeyboardInteractive[] = "keyboard-interactive";
constexpr char kGssapi[] = "gssapi-with-mic";
constexpr char kNone[] = "none";

// In the order in which they are tried where nobody says otherwise.
std::vector<std::string> UsualMethods(bool has_answers);

struct CredentialSpec {
  std::vector<IdentityFile> identity_files;
  std::string agent_socket;  // path of a unix socket; empty: no agent
  // Of the agent's keys only those that a file names: one that holds the public key, or a private
  // one that cannot be read without the agent (ssh's IdentitiesOnly).
  bool identities_only = false;
  absl::optional<Passphrase> password =
      absl::nullopt;                 // none: no login by one; empty: one that is empty
  std::string password_source = "";  // for messages: "the password_file of credential deploy"
  // For keys of identity_files, beside their FILE-cert.pub. One that is for none is a note.
  std::vector<std::string> certificate_files = {};
  // What was left out already: Credential's first notes.
  std::vector<std::string> notes = {};
  // Algorithms::signatures: a key that can sign with none of them is a note.
  std::string signatures = "";
  std::vector<PreparedAnswer> answers = {};
  absl::optional<TicketSource> tickets = absl::nullopt;  // none: no login by GSSAPI
  // What is tried, in this order, by SSH's names. Empty: all that there is, as Login orders it.
  std::vector<std::string> methods = {};

  auto Fields() const {
    const auto& [files, agent, only, secret, source, certificates, told, algorithms, answers_,
                 tickets_, methods_] = *this;
    return std::tie(files, agent, only, secret, source, certificates, told, algorithms, answers_,
                    tickets_, methods_);
  }
  // For whom it is equal, one Credential does.
  friend bool operator==(const CredentialSpec& a, const CredentialSpec& b) {
    return a.Fields() == b.Fields();
  }
  template <typename H>
  friend H AbslHashValue(H h, const CredentialSpec& spec) {
    return H::combine(std::move(h), spec.Fields());
  }
};

// One key to offer.
struct Identity {
  // Of an agent's key: the public key or certificate. Of a file with a certificate (FILE-cert.pub):
  // the certificate, which is attached to the private key already; libssh's
  // ssh_userauth_try_publickey must be given this one. Empty otherwise.
  SshKey public_key;
  SshKey private_key;       // empty where it is in_agent
  std::string public_blob;  // of an agent's key: its public part, or certificate, in wire format
  // What to call it in messages: "/home/ann/.ssh/id_ed25519", "agent key 'ann@laptop'".
  std::string name;
  // "ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ssh-rsa-cert-v01@openssh.com", ...
  std::string type;
  bool in_agent = false;  // the private part stays there, and the agent signs
};

// In the order to be offered: required files, then the agent's keys, then the other files, as
// ssh(1) does it (sshconnect2.c, pubkey_prepare); the same public key is offered once. A file with
// a public key stands for that key of the agent.
struct Credential {
  std::vector<Identity> identities;
  std::string agent_socket;
  std::shared_ptr<const Secret> password;  // null: none
  std::string password_source;             // CredentialSpec's; may be empty
  std::vector<PreparedAnswer> answers;
  absl::optional<TicketSource> tickets;  // of a principal whose name is known; none: no tickets
  std::vector<std::string> methods;      // CredentialSpec's
  // The same for credentials with the same keys in the same order (SHA-256), the same password and
  // answers (their HMAC, with a key that only this process has), tickets of the same principal in
  // the same cache, and the same methods, and for no others. Who has them could make the sessions
  // himself that others with them have made.
  std::string id;
  // What was left out and why, one sentence each; part of the message when authentication fails.
  std::vector<std::string> notes;

  // Keys are not shared between threads: each loop works on a copy of its own (ssh_key_dup).
  absl::StatusOr<std::shared_ptr<const Credential>> Duplicate() const;
};

// What the file holds, but for a line end at its end. FAILED_PRECONDITION where others may read it,
// as with a key file; errors name the file. Blocks.
absl::StatusOr<Passphrase> ReadPassphraseFile(const std::string& path);

// Reads and decrypts the files, asks the agent for its keys and looks for tickets. Blocks (an
// encrypted key costs some 130 ms, an agent what it pleases up to 5 s): helper threads only.
// NOT_FOUND, INVALID_ARGUMENT (not a key), FAILED_PRECONDITION (a file that may not be read, or
// that others can read; encrypted and no or a wrong passphrase), RESOURCE_EXHAUSTED (encrypted so
// that it would take too long to open): each names the file. INVALID_ARGUMENT, too, for a password
// or answer that no server can be given. An agent that does not answer, and tickets that are not
// there, are notes, not errors.
absl::StatusOr<std::shared_ptr<const Credential>> LoadCredential(const CredentialSpec& spec);

}  // namespace muster::engine

#endif  // SSH_ENGINE_CREDENTIALS_CREDENTIAL_H_
