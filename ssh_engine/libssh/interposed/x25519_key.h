// X25519 keys of which both halves are known.
#ifndef SSH_ENGINE_LIBSSH_INTERPOSED_X25519_KEY_H_
#define SSH_ENGINE_LIBSSH_INTERPOSED_X25519_KEY_H_

#include <openssl/evp.h>

namespace muster::engine {

constexpr size_t kX25519Bytes = 32;

// Takes what it is told for the public half, without computing it. The caller owns the key. Null
// where OpenSSL cannot, and in a thread that ends.
EVP_PKEY* NewX25519Key(const unsigned char* private_key, const unsigned char* public_key);

inline bool IsX25519(const EVP_PKEY* key) {
  return key != nullptr && EVP_PKEY_get_id(key) == EVP_PKEY_X25519;
}

}  // namespace muster::engine

#endif  // SSH_ENGINE_LIBSSH_INTERPOSED_X25519_KEY_H_
