// X25519 keys of which both halves are known.
#ifndef SSH_ENGINE_LIBSSH_INTERPOSED_X25519_KEY_H_
#define SSH_ENGINE_LIBSSH_INTERPOSED_X25519_KEY_H_

#include <openssl/evp.h>

namespace muster::engine {

constexpr size_t kX25519Bytes = 32;

// Takes what it is told for the public half, without computing it. The caller owns the key. Null
// where OpenSSL cannot, and in a thread that ends.
EVP_PKEY* NewX25519Key(const unsigned char* private_key, const unsigned char* public_key);

// Remembers the peer of an agreement for EVP_PKEY_derive, where both keys are X25519 and the own
// one's private half is kept (kept_key.h). Whether it did. Of each thread's last agreement.
bool NoteX25519Peer(EVP_PKEY_CTX* context, const EVP_PKEY* peer);

}  // namespace muster::engine

#endif  // SSH_ENGINE_LIBSSH_INTERPOSED_X25519_KEY_H_
