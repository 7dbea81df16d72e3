// What it would take to decrypt a private key file.
#ifndef SSH_ENGINE_CREDENTIALS_DECRYPTION_COST_H_
#define SSH_ENGINE_CREDENTIALS_DECRYPTION_COST_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace muster::engine {

// The file itself says how often a passphrase is hashed: up to 2^32 rounds, years of a helper
// thread. RESOURCE_EXHAUSTED: more than some eight seconds' worth (1,024 rounds of bcrypt in
// OpenSSH's format, 5 million of PBKDF2 in PKCS#8); the message goes on where the file's name ends.
// Files that are not encrypted, or not read here, are fine.
absl::Status CheckDecryptionCost(absl::string_view file);

}  // namespace muster::engine

#endif  // SSH_ENGINE_CREDENTIALS_DECRYPTION_COST_H_
