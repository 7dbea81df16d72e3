#include "ssh_engine/credentials/ssh_key.h"

#include <libssh/libssh.h>
#include <malloc.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdlib.h>

#include <array>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/types/optional.h"
#include "ssh_engine/base/mutex.h"
#include "ssh_engine/base/secret.h"
#include "ssh_engine/base/wire_reader.h"
#include "ssh_engine/credentials/decryption_cost.h"
#include "ssh_engine/credentials/openssh_key.h"

namespace muster::engine {
namespace {

constexpr absl::string_view kNotAPrivateKey =
    "not a private key that can be used; ed25519, ECDSA and RSA are, in OpenSSH's format or PEM";

// Notes that a passphrase was asked for and gives none. Without it, OpenSSL would ask on the
// terminal.
int RefusePassphrase(const char*, char*, size_t, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return SSH_ERROR;
}

// On a security token (FIDO). Only an agent can have it sign.
bool IsOnToken(const SshKey& key) {
  switch (ssh_key_type(key.get())) {
    case SSH_KEYTYPE_SK_ECDSA:
    case SSH_KEYTYPE_SK_ED25519:
    case SSH_KEYTYPE_SK_ECDSA_CERT01:
    case SSH_KEYTYPE_SK_ED25519_CERT01:
      return true;
    default:
      return false;
  }
}

bool CanBeUsed(const SshKey& key) {
  switch (ssh_key_type(key.get())) {
    case SSH_KEYTYPE_RSA:
    case SSH_KEYTYPE_ECDSA_P256:
    case SSH_KEYTYPE_ECDSA_P384:
    case SSH_KEYTYPE_ECDSA_P521:
    case SSH_KEYTYPE_ED25519:
    case SSH_KEYTYPE_RSA_CERT01:
    case SSH_KEYTYPE_ECDSA_P256_CERT01:
    case SSH_KEYTYPE_ECDSA_P384_CERT01:
    case SSH_KEYTYPE_ECDSA_P521_CERT01:
    case SSH_KEYTYPE_ED25519_CERT01:
      return true;
    default:
      return false;
  }
}

// libssh 0.10 gives memory back with a private key in it (ssh_pki_openssh_import frees what it has
// decrypted as it is). While one of these lives, the allocator overwrites what is freed
// (mallopt(3), M_PERTURB), but for small blocks that the thread keeps for itself: those are taken
// back at the end.
class FreedIsWiped {
 public:
  FreedIsWiped() {
    MutexLock lock(&Guard());
    if (Living()++ == 0) mallopt(M_PERTURB, 1);
  }
  ~FreedIsWiped() {
    WipeKept();
    MutexLock lock(&Guard());
    if (--Living() == 0) mallopt(M_PERTURB, 0);
  }
  FreedIsWiped(const FreedIsWiped&) = delete;
  FreedIsWiped& operator=(const FreedIsWiped&) = delete;

 private:
  static Mutex& Guard() {
    static auto* const mutex = new Mutex();
    return *mutex;
  }
  static int& Living() {
    static int living = 0;
    return living;
  }
  // glibc's tcache: seven of each size, in steps of 16 bytes up to a KiB.
  static void WipeKept() {
    for (size_t size = 24; size <= 1032; size += 16) {
      std::array<void*, 7> blocks;
      for (void*& block : blocks) {
        block = malloc(size);
        if (block != nullptr) OPENSSL_cleanse(block, size);
      }
      for (void* const block : blocks) free(block);
    }
  }
};

SshKey Import(const std::string& text, const char* passphrase, bool* asked) {
  const FreedIsWiped wiped;
  ssh_key key = nullptr;
  if (ssh_pki_import_privkey_base64(text.c_str(), passphrase, RefusePassphrase, asked, &key) !=
      SSH_OK) {
    return nullptr;
  }
  return SshKey(key);
}

}  // namespace

void SshKeyDeleter::operator()(ssh_key_struct* key) const { ssh_key_free(key); }

std::string KeyTypeOf(absl::string_view blob) {
  const absl::optional<absl::string_view> type = WireReader(blob).String();
  return type ? std::string(*type) : "";
}

std::string KeyFingerprint(absl::string_view blob) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(blob.data()), blob.size(), digest);
  const std::string base64 =
      absl::Base64Escape(absl::string_view(reinterpret_cast<const char*>(digest), sizeof(digest)));
  return absl::StrCat("SHA256:", absl::StripSuffix(base64, "="));
}

SshKey ImportPublicKey(absl::string_view blob) {
  const ssh_keytypes_e type = ssh_key_type_from_name(KeyTypeOf(blob).c_str());
  if (type == SSH_KEYTYPE_UNKNOWN) return nullptr;
  ssh_key imported = nullptr;
  if (ssh_pki_import_pubkey_base64(absl::Base64Escape(blob).c_str(), type, &imported) != SSH_OK) {
    return nullptr;
  }
  SshKey key(imported);
  return CanBeUsed(key) || IsOnToken(key) ? std::move(key) : nullptr;
}

std::string PublicBlob(const SshKey& key) {
  char* base64 = nullptr;
  if (ssh_pki_export_pubkey_base64(key.get(), &base64) != SSH_OK) return "";
  std::string blob;
  if (!absl::Base64Unescape(base64, &blob)) blob.clear();
  ssh_string_free_char(base64);
  return blob;
}

absl::StatusOr<SshKey> ImportPrivateKey(const std::string& text, const std::string& passphrase) {
  // First: without a passphrase, libssh lets OpenSSL try an empty one.
  if (absl::Status cost = CheckDecryptionCost(text); !cost.ok()) return cost;
  const absl::optional<Secret> fast = OpenSshRsaToPem(text);
  bool encrypted = false;
  SshKey key = Import(fast ? fast->get() : text, nullptr, &encrypted);
  if (key == nullptr && encrypted) {
    if (passphrase.empty()) {
      return absl::FailedPreconditionError("encrypted and no passphrase was given");
    }
    key = Import(text, passphrase.c_str(), &encrypted);
    if (key == nullptr) {
      return absl::FailedPreconditionError("encrypted and the passphrase does not open it");
    }
  }
  if (key == nullptr || !CanBeUsed(key)) return absl::InvalidArgumentError(kNotAPrivateKey);
  return key;
}

SshKey DuplicateKey(const SshKey& key) {
  if (ssh_key_is_private(key.get())) return SshKey(ssh_key_dup(key.get()));
  return ImportPublicKey(PublicBlob(key));  // ssh_key_dup knows no certificates
}

bool AttachCertificate(const SshKey& certificate, const SshKey& private_key) {
  return ssh_pki_copy_cert_to_privkey(certificate.get(), private_key.get()) == SSH_OK;
}

bool CertifiesKey(absl::string_view certificate_blob, absl::string_view public_blob) {
  // A certificate is "TYPE-cert-v01@openssh.com", a nonce, the fields of the key, and more.
  WireReader certificate(certificate_blob);
  WireReader key(public_blob);
  const absl::optional<absl::string_view> certificate_type = certificate.String();
  const absl::optional<absl::string_view> key_type = key.String();
  if (!certificate_type || !key_type || !certificate.String()) return false;
  return *certificate_type == absl::StrCat(*key_type, "-cert-v01@openssh.com") &&
         absl::StartsWith(certificate.rest(), key.rest());
}

}  // namespace muster::engine
