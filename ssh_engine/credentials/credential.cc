#include "ssh_engine/credentials/credential.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "ssh_engine/credentials/agent.h"
#include "ssh_engine/credentials/identity_file.h"

namespace muster::engine {
namespace {

constexpr absl::Duration kAgentTimeout = absl::Seconds(5);

// The comment comes from whoever made the key: it may hold what a terminal obeys.
std::string AgentKeyName(const AgentKey& key) {
  const std::string comment = absl::Utf8SafeCHexEscape(key.comment);
  return absl::StrCat("agent key '", comment.empty() ? KeyFingerprint(key.blob) : comment, "'");
}

// A digest with this key tells nothing of a password to who sees it.
const std::string& ProcessKey() {
  static const std::string key = [] {
    std::string bytes(32, '\0');
    if (RAND_bytes(reinterpret_cast<uint8_t*>(&bytes[0]), 32) != 1) std::abort();
    return bytes;
  }();
  return key;
}

std::string DigestOf(const std::string& text) {
  uint8_t digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  const std::string& key = ProcessKey();
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const uint8_t*>(text.data()), text.size(), digest, &size);
  return absl::BytesToHexString({reinterpret_cast<const char*>(digest), size});
}

std::string DigestOf(const std::vector<PreparedAnswer>& answers) {
  std::string digests;
  for (const PreparedAnswer& answer : answers) {
    absl::StrAppend(&digests, DigestOf(answer.question), " ", DigestOf(answer.answer.get()), " ");
  }
  return KeyFingerprint(digests);
}

// (One field more does not compile before it is here: is it a part of it?)
std::string IdOf(const Credential& credential) {
  const auto& [identities, agent_socket, password, source, answers, tickets, methods, id, notes] =
      credential;
  std::string blobs;
  for (const Identity& identity : identities) {
    absl::StrAppend(&blobs,
                    PublicBlob(identity.public_key ? identity.public_key : identity.private_key));
  }
  std::string text = KeyFingerprint(blobs);
  if (password != nullptr) absl::StrAppend(&text, " ", DigestOf(password->get()));
  if (!answers.empty()) absl::StrAppend(&text, " answers ", DigestOf(answers));
  if (tickets.has_value()) {
    absl::StrAppend(&text, " tickets of ", tickets->principal, " in ", tickets->cache,
                    tickets->delegate ? " delegated " : " ", KeyFingerprint(tickets->cache));
  }
  if (!methods.empty()) {
    const std::string list = absl::StrJoin(methods, ",");
    absl::StrAppend(&text, " by ", list, " ", KeyFingerprint(list));
  }
  return text;
}

// Puts a credential together in the order in which it is to be offered.
class Loader {
 public:
  explicit Loader(std::vector<std::string> notes) { credential_.notes = std::move(notes); }

  void AskAgent(const std::string& socket);
  // Before the keys that they are for.
  void ReadCertificates(const std::vector<std::string>& files);
  absl::Status AddFile(const IdentityFile& file);
  // Keys of the agent that no file names.
  void AddOtherAgentKeys();
  absl::Status SetPassword(const std::string& password, const std::string& source);
  absl::Status SetAnswers(const std::vector<PreparedAnswer>& answers);
  void FindTickets(TicketSource source);
  void SetMethods(const std::vector<std::string>& methods) { credential_.methods = methods; }
  // `signatures`: CredentialSpec's.
  Credential Take(const std::string& signatures);

 private:
  using Identities = std::vector<Identity>;
  struct Certificate {
    std::string file;
    std::string blob;  // empty: none
    bool missing = false;
    bool used = false;
  };

  void AddPrivateKey(const std::string& path, SshKey key, Identities* identities);
  // Whether it is one for the key.
  static bool AddCertificate(const std::string& file, const std::string& blob, const SshKey& key,
                             Identities* identities);
  absl::Status WithNotes(const absl::Status& status) const;
  // Whether the agent can sign for this file's key, which then takes the file's place.
  bool AddFromAgent(const std::string& path, Identities* identities);
  void LeaveOut(const std::string& signatures);
  void AppendNew(Identities from, Identities* to);
  void NoteUnused();

  Credential credential_;
  std::vector<Certificate> certificates_;
  std::vector<AgentKey> agent_keys_;
  Identities required_;
  Identities agents_;
  Identities optional_;
  absl::flat_hash_set<std::string> offered_;  // public keys, by their blobs
};

void Loader::AskAgent(const std::string& socket) {
  if (socket.empty()) return;
  credential_.agent_socket = socket;
  absl::StatusOr<std::vector<AgentKey>> keys = ListAgentKeys(socket, kAgentTimeout);
  if (keys.ok()) {
    agent_keys_ = *std::move(keys);
  } else {
    credential_.notes.push_back(
        absl::StrCat("No key of an ssh-agent was used: ", keys.status().message(), "."));
  }
}

// What went wrong with the agent may be why the file is of no use.
absl::Status Loader::WithNotes(const absl::Status& status) const {
  std::string text(status.message());
  for (const std::string& note : credential_.notes) absl::StrAppend(&text, ". ", note);
  return absl::Status(status.code(), text);
}

absl::Status Loader::AddFile(const IdentityFile& file) {
  Identities* identities = file.required ? &required_ : &optional_;
  absl::StatusOr<SshKey> key = LoadPrivateKey(file.path, file.passphrase.get());
  if (key.ok()) {
    AddPrivateKey(file.path, *std::move(key), identities);
    return absl::OkStatus();
  }
  if (!agent_keys_.empty() && AddFromAgent(file.path, identities)) return absl::OkStatus();
  if (file.required) return WithNotes(key.status());
  if (file.named || !absl::IsNotFound(key.status())) {
    credential_.notes.push_back(absl::StrCat(key.status().message(), "."));
  }
  return absl::OkStatus();
}

void Loader::AddPrivateKey(const std::string& path, SshKey key, Identities* identities) {
  const std::string own = absl::StrCat(path, "-cert.pub");
  const absl::optional<std::string> blob = FindCertificateBlob(own);
  if (blob && !AddCertificate(own, *blob, key, identities)) {
    credential_.notes.push_back(
        absl::StrCat(own, " was left out: it is not a certificate for ", path, "."));
  }
  for (Certificate& certificate : certificates_) {
    certificate.used |= AddCertificate(certificate.file, certificate.blob, key, identities);
  }
  std::string type = KeyTypeOf(PublicBlob(key));
  identities->push_back({nullptr, std::move(key), "", path, std::move(type)});
}

void Loader::ReadCertificates(const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    absl::optional<std::string> blob = FindCertificateBlob(file);
    const bool missing = !blob.has_value();
    certificates_.push_back({file, std::move(blob).value_or(""), missing});
  }
}

bool Loader::AddCertificate(const std::string& file, const std::string& blob, const SshKey& key,
                            Identities* identities) {
  SshKey certificate = ImportPublicKey(blob);
  SshKey certified = DuplicateKey(key);
  if (certificate == nullptr || certified == nullptr || !CertifiesKey(blob, PublicBlob(key)) ||
      !AttachCertificate(certificate, certified)) {
    return false;
  }
  identities->push_back({std::move(certificate), std::move(certified), "", file, KeyTypeOf(blob)});
  return true;
}

// An agent signs for a certificate only where it has that itself.
void Loader::NoteUnused() {
  for (const Certificate& certificate : certificates_) {
    const bool agents =
        std::any_of(agent_keys_.begin(), agent_keys_.end(),
                    [&](const AgentKey& key) { return key.blob == certificate.blob; });
    if (certificate.used || agents) continue;
    credential_.notes.push_back(absl::StrCat(
        certificate.file,
        certificate.missing ? " was left out: there is no such file."
        : certificate.blob.empty()
            ? " was left out: there is no certificate in it."
            : " was left out: no key file is the one that it certifies. (A key of the agent needs "
              "its certificate there, too: ssh-add takes it from KEY-cert.pub.)"));
  }
}

bool Loader::AddFromAgent(const std::string& path, Identities* identities) {
  const absl::optional<std::string> blob = FindPublicBlob(path);
  if (!blob) return false;
  const auto held = std::find_if(agent_keys_.begin(), agent_keys_.end(),
                                 [&](const AgentKey& key) { return key.blob == *blob; });
  if (held == agent_keys_.end()) return false;
  SshKey key = ImportPublicKey(*blob);
  if (key == nullptr) return false;
  identities->push_back({std::move(key), nullptr, *blob, absl::StrCat(path, " (from the agent)"),
                         KeyTypeOf(*blob), /*in_agent=*/true});
  return true;
}

void Loader::AppendNew(Identities from, Identities* to) {
  for (Identity& identity : from) {
    const SshKey& key = identity.public_key ? identity.public_key : identity.private_key;
    if (offered_.insert(PublicBlob(key)).second) to->push_back(std::move(identity));
  }
}

void Loader::AddOtherAgentKeys() {
  for (const AgentKey& key : agent_keys_) {
    SshKey public_key = ImportPublicKey(key.blob);
    if (public_key == nullptr) {
      credential_.notes.push_back(absl::StrCat(AgentKeyName(key), " was left out: keys of type '",
                                               absl::CHexEscape(KeyTypeOf(key.blob)),
                                               "' cannot be used."));
      continue;
    }
    agents_.push_back(
        {std::move(public_key), nullptr, key.blob, AgentKeyName(key), KeyTypeOf(key.blob), true});
  }
}

absl::Status Loader::SetPassword(const std::string& password, const std::string& source) {
  if (absl::StrContains(password, '\0')) {
    return absl::InvalidArgumentError("a password with a NUL byte cannot be sent to servers");
  }
  auto secret = std::make_shared<Secret>(password.size());
  password.copy(secret->data(), password.size());
  credential_.password = std::move(secret);
  credential_.password_source = source;
  return absl::OkStatus();
}

absl::Status Loader::SetAnswers(const std::vector<PreparedAnswer>& answers) {
  for (const PreparedAnswer& answer : answers) {
    if (absl::StrContains(answer.answer.get(), '\0')) {
      return absl::InvalidArgumentError("an answer with a NUL byte cannot be sent to servers");
    }
  }
  credential_.answers = answers;
  return absl::OkStatus();
}

// Whose they are is settled here: a session is shared by those who log in as the same one.
void Loader::FindTickets(TicketSource source) {
  const absl::StatusOr<std::unique_ptr<Tickets>> tickets = Tickets::Find(source);
  if (tickets.ok()) {
    source.principal = (*tickets)->principal();
    credential_.tickets = std::move(source);
  } else if (source.expected) {
    credential_.notes.push_back(
        absl::StrCat("No Kerberos ticket was used: ", tickets.status().message(), "."));
  }
}

// Of an RSA key: RFC 8332, 3.
bool CanSign(absl::string_view type, const std::vector<std::string>& algorithms) {
  const bool rsa = absl::ConsumePrefix(&type, "ssh-rsa");
  return absl::c_any_of(algorithms, [&](absl::string_view name) {
    if (!rsa) return name == type;
    const bool is_one = absl::ConsumePrefix(&name, "rsa-sha2-512") ||
                        absl::ConsumePrefix(&name, "rsa-sha2-256") ||
                        absl::ConsumePrefix(&name, "ssh-rsa");
    return is_one && name == type;  // what stands behind it: "-cert-v01@openssh.com", or nothing
  });
}

void Loader::LeaveOut(const std::string& signatures) {
  const std::vector<std::string> algorithms = absl::StrSplit(signatures, ',');
  Identities left;
  for (Identity& identity : credential_.identities) {
    if (CanSign(identity.type, algorithms)) {
      left.push_back(std::move(identity));
      continue;
    }
    credential_.notes.push_back(absl::StrCat(
        identity.name, " was left out: PubkeyAcceptedAlgorithms has no ", identity.type, "."));
  }
  credential_.identities = std::move(left);
}

Credential Loader::Take(const std::string& signatures) {
  NoteUnused();
  AppendNew(std::move(required_), &credential_.identities);
  AppendNew(std::move(agents_), &credential_.identities);
  AppendNew(std::move(optional_), &credential_.identities);
  if (!signatures.empty()) LeaveOut(signatures);
  credential_.id = IdOf(credential_);
  return std::move(credential_);
}

absl::StatusOr<Identity> DuplicateIdentity(const Identity& identity) {
  Identity copy = {nullptr,       nullptr,       identity.public_blob,
                   identity.name, identity.type, identity.in_agent};
  if (identity.public_key) copy.public_key = DuplicateKey(identity.public_key);
  if (identity.private_key) copy.private_key = DuplicateKey(identity.private_key);
  const bool copied =
      !identity.public_key == !copy.public_key && !identity.private_key == !copy.private_key;
  const bool certified = copy.public_key && copy.private_key;
  if (!copied || (certified && !AttachCertificate(copy.public_key, copy.private_key))) {
    return absl::InternalError(absl::StrCat("cannot copy the key ", identity.name));
  }
  return copy;
}

}  // namespace

// As in OpenSSH's sshconnect2.c, but for "none", which costs a round trip, and the password, which
// by the method of its name needs no question. Who has answers wants to be asked: where a server
// takes a password together with a code, the other method would only have it refused.
std::vector<std::string> UsualMethods(bool has_answers) {
  return {kGssapi, kPublickey, kNone, has_answers ? kKeyboardInteractive : kPasswordMethod,
          has_answers ? kPasswordMethod : kKeyboardInteractive};
}

absl::StatusOr<std::shared_ptr<const Credential>> Credential::Duplicate() const {
  const auto& [keys, socket, secret, source, answers_, tickets_, methods_, own_id, told] =
      *this;  // all: one more does not compile
  auto copy = std::make_shared<Credential>();
  copy->agent_socket = socket;
  copy->notes = told;
  copy->password = secret;  // it is only read
  copy->password_source = source;
  copy->answers = answers_;
  copy->tickets = tickets_;
  copy->methods = methods_;
  copy->id = own_id;
  for (const Identity& identity : keys) {
    absl::StatusOr<Identity> duplicate = DuplicateIdentity(identity);
    if (!duplicate.ok()) return duplicate.status();
    copy->identities.push_back(*std::move(duplicate));
  }
  return copy;
}

absl::StatusOr<Passphrase> ReadPassphraseFile(const std::string& path) {
  const absl::StatusOr<Secret> text = ReadSecretFile(path);
  if (!text.ok()) return text.status();
  return Passphrase(absl::StripSuffix(text->get(), "\n"));
}

absl::StatusOr<std::shared_ptr<const Credential>> LoadCredential(const CredentialSpec& spec) {
  Loader loader(spec.notes);
  loader.AskAgent(spec.agent_socket);
  loader.ReadCertificates(spec.certificate_files);
  for (const IdentityFile& file : spec.identity_files) {
    if (absl::Status added = loader.AddFile(file); !added.ok()) return added;
  }
  if (!spec.identities_only) loader.AddOtherAgentKeys();
  if (spec.password) {
    const absl::Status set = loader.SetPassword(spec.password->get(), spec.password_source);
    if (!set.ok()) return set;
  }
  const absl::Status answers = loader.SetAnswers(spec.answers);
  if (!answers.ok()) return answers;
  if (spec.tickets) loader.FindTickets(*spec.tickets);
  loader.SetMethods(spec.methods);
  return std::make_shared<const Credential>(loader.Take(spec.signatures));
}

}  // namespace muster::engine
