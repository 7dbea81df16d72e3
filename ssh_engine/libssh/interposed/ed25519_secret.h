// An Ed25519 key's bytes, kept beside the EVP_PKEY that was made of them.
#ifndef SSH_ENGINE_LIBSSH_INTERPOSED_ED25519_SECRET_H_
#define SSH_ENGINE_LIBSSH_INTERPOSED_ED25519_SECRET_H_

#include <openssl/evp.h>

#include <cstddef>

namespace muster::engine {

constexpr size_t kEd25519Half = 32;  // bytes

// For who signs with the key: to ask OpenSSL 3.0 for the private half leaves a copy of it in memory
// that is given back without being wiped (OSSL_PARAM_BLD_to_param). Wiped when the key is freed; a
// key that is made of this one has none. Where there is no memory, nothing is kept.
void KeepEd25519(EVP_PKEY* key, const unsigned char* private_half,
                 const unsigned char* public_half);

// Both halves, as libsodium wants them (64 bytes), as long as the key lives; or null.
const unsigned char* KeptEd25519(const EVP_PKEY* key);

}  // namespace muster::engine

#endif  // SSH_ENGINE_LIBSSH_INTERPOSED_ED25519_SECRET_H_
