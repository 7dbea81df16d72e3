// Key files as ssh-keygen makes them.
#ifndef SSH_ENGINE_CREDENTIALS_IDENTITY_FILE_H_
#define SSH_ENGINE_CREDENTIALS_IDENTITY_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "ssh_engine/base/secret.h"
#include "ssh_engine/credentials/ssh_key.h"

namespace muster::engine {

// A file of at most 1 MiB that others may not read. FAILED_PRECONDITION: they may, or the caller
// may not; NOT_FOUND, INVALID_ARGUMENT (not a regular file, too large): each names the file.
// Blocks.
absl::StatusOr<Secret> ReadSecretFile(const std::string& path);

// The private key in a file. NOT_FOUND, FAILED_PRECONDITION (it may not be read; others may read
// the caller's own file, which ssh refuses too; encrypted and no or a wrong passphrase),
// RESOURCE_EXHAUSTED (decrypting it would take too long), INVALID_ARGUMENT (not a key): each names
// the file. Blocks, some 130 ms for an encrypted key, ten seconds at most.
absl::StatusOr<SshKey> LoadPrivateKey(const std::string& path, const std::string& passphrase);

// The public key that belongs to an identity file, without a passphrase: of the file itself when it
// is in OpenSSH's format or holds just a public key, or else of `path`.pub.
absl::optional<std::string> FindPublicBlob(const std::string& path);

// The blob of the certificate in a file; nullopt without such a file, "" when it holds none.
absl::optional<std::string> FindCertificateBlob(const std::string& path);

}  // namespace muster::engine

#endif  // SSH_ENGINE_CREDENTIALS_IDENTITY_FILE_H_
