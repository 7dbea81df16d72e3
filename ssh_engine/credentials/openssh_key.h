// OpenSSH's own format of private keys (PROTOCOL.key in OpenSSH's sources), as far as libssh does
// not do it.
#ifndef SSH_ENGINE_CREDENTIALS_OPENSSH_KEY_H_
#define SSH_ENGINE_CREDENTIALS_OPENSSH_KEY_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "ssh_engine/base/secret.h"

namespace muster::engine {

// The public key in `file`, the text of a private key in OpenSSH's format, encrypted or not, in the
// wire format (RFC 4253, 6.6). nullopt when it is not such a file.
absl::optional<std::string> OpenSshPublicBlob(absl::string_view file);

// How many rounds of bcrypt a passphrase for `file` goes through. nullopt when it is not an
// encrypted private key in OpenSSH's format.
absl::optional<uint32_t> OpenSshBcryptRounds(absl::string_view file);

// The RSA key in `file` as PEM (PKCS#8), with the values that make signing fast (Chinese remainder
// theorem): libssh 0.10 leaves them out when it reads OpenSSH's format, and then signs 3 to 4 times
// slower for as long as the key lives. nullopt when it is not an unencrypted RSA key in OpenSSH's
// format. An encrypted one cannot be helped: only libssh can decrypt it (bcrypt_pbkdf is not in
// OpenSSL), and it exports no key without those values.
absl::optional<Secret> OpenSshRsaToPem(absl::string_view file);

}  // namespace muster::engine

#endif  // SSH_ENGINE_CREDENTIALS_OPENSSH_KEY_H_
