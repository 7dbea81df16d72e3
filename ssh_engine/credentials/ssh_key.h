// libssh's keys: owning them, and what its public interface does not do by itself.
#ifndef SSH_ENGINE_CREDENTIALS_SSH_KEY_H_
#define SSH_ENGINE_CREDENTIALS_SSH_KEY_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// libssh's key, opaque here.
struct ssh_key_struct;

namespace muster::engine {

struct SshKeyDeleter {
  void operator()(ssh_key_struct* key) const;
};

// A private key, a public key, or a certificate. Not to be shared between threads.
using SshKey = std::unique_ptr<ssh_key_struct, SshKeyDeleter>;

// The type that a public key's blob begins with: "ssh-ed25519"; "" when there is none.
std::string KeyTypeOf(absl::string_view blob);

// As ssh-add -l shows it: "SHA256:...".
std::string KeyFingerprint(absl::string_view blob);

// The key or certificate of a blob (RFC 4253, 6.6). Null when libssh cannot log in with such a key:
// DSA, unknown types, garbage. One on a security token (sk-...) is of use with an agent only.
SshKey ImportPublicKey(absl::string_view blob);

// The blob of a public key, of a private key's public part, or of a certificate; "" on failure.
std::string PublicBlob(const SshKey& key);

// `text` is PEM or OpenSSH's format. FAILED_PRECONDITION when it is encrypted and the passphrase is
// missing or wrong, RESOURCE_EXHAUSTED when decrypting it would take too long (decryption_cost.h),
// INVALID_ARGUMENT when it is not a private key that can be used. An RSA key
// signs fast whatever its format, but for an encrypted one in OpenSSH's (see OpenSshRsaToPem).
// Never asks on a terminal.
absl::StatusOr<SshKey> ImportPrivateKey(const std::string& text, const std::string& passphrase);

// A copy of a private or public key or a certificate; null on failure. A certificate that was
// attached to a private key is not copied.
SshKey DuplicateKey(const SshKey& key);

// Makes the private key log in with the certificate. Whether they belong together is not checked.
bool AttachCertificate(const SshKey& certificate, const SshKey& private_key);

// Whether the certificate is one for that public key.
bool CertifiesKey(absl::string_view certificate_blob, absl::string_view public_blob);

}  // namespace muster::engine

#endif  // SSH_ENGINE_CREDENTIALS_SSH_KEY_H_
