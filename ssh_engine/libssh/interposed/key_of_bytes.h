// Ed25519 and X25519 keys that are made of their halves' bytes (kKeyHalf), computing nothing.
#ifndef SSH_ENGINE_LIBSSH_INTERPOSED_KEY_OF_BYTES_H_
#define SSH_ENGINE_LIBSSH_INTERPOSED_KEY_OF_BYTES_H_

#include <openssl/evp.h>

namespace muster::engine {

// `type`: EVP_PKEY_ED25519 or EVP_PKEY_X25519. Believes what it is told for the public half. A null
// `private_half` makes a public key. The caller owns the key. Null where OpenSSL cannot, and in a
// thread that ends.
EVP_PKEY* KeyOfBytes(int type, const unsigned char* private_half, const unsigned char* public_half);

inline bool IsX25519(const EVP_PKEY* key) {
  return key != nullptr && EVP_PKEY_get_id(key) == EVP_PKEY_X25519;
}

}  // namespace muster::engine

#endif  // SSH_ENGINE_LIBSSH_INTERPOSED_KEY_OF_BYTES_H_
