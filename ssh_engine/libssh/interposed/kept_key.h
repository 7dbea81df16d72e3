// The bytes of an Ed25519 or X25519 key, kept beside the EVP_PKEY that was made of them.
#ifndef SSH_ENGINE_LIBSSH_INTERPOSED_KEPT_KEY_H_
#define SSH_ENGINE_LIBSSH_INTERPOSED_KEPT_KEY_H_

#include <openssl/evp.h>

#include <cstddef>

namespace muster::engine {

constexpr size_t kKeyHalf = 32;  // bytes

// For who signs or agrees with the key: to ask OpenSSL 3.0 for the private half leaves a copy of it
// in memory that is given back without being wiped (OSSL_PARAM_BLD_to_param). Wiped when the key is
// freed; a key that is made of this one has none. Where there is no memory, nothing is kept.
void KeepKey(EVP_PKEY* key, const unsigned char* private_half, const unsigned char* public_half);

// Both halves, as libsodium wants them (64 bytes), as long as the key lives; or null.
const unsigned char* KeptKey(const EVP_PKEY* key);

}  // namespace muster::engine

#endif  // SSH_ENGINE_LIBSSH_INTERPOSED_KEPT_KEY_H_
