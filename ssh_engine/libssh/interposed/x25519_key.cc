// EVP_PKEY_keygen and EVP_PKEY_derive, in front of OpenSSL's: X25519 by libsodium.
//
// Each handshake makes a key pair and agrees with the server's. OpenSSL 3.0 multiplies the base
// point in plain C, libsodium with vectors (28 microseconds against 39, on one machine). For the
// rest OpenSSL has assembler, which is as fast as libsodium's where the processor has ADX.
//
// A program that links this has the functions, and libssh calls them: symbols are looked up in the
// program first (ld.so(8)). Everything else goes to OpenSSL as before. What else is replaced like
// this: README.md.
#include <dlfcn.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <sodium.h>
#include <string.h>

#include "ssh_engine/libssh/interposed/kept_key.h"
#include "ssh_engine/libssh/interposed/key_of_bytes.h"
#include "ssh_engine/libssh/interposed/sodium_use.h"

namespace muster::engine {
namespace {

using Keygen = int(EVP_PKEY_CTX*, EVP_PKEY**);
using Derive = int(EVP_PKEY_CTX*, unsigned char*, size_t*);

static_assert(kKeyHalf == crypto_scalarmult_curve25519_BYTES, "both are RFC 7748's");

// Not a provider of somebody's own, such as a validated module.
bool IsOpenssls(const EVP_PKEY_CTX* context) {
  const OSSL_PROVIDER* const provider = EVP_PKEY_CTX_get0_provider(context);
  return provider != nullptr && strcmp(OSSL_PROVIDER_get0_name(provider), "default") == 0;
}

// Not where something else than the default is asked for.
bool MakesX25519(EVP_PKEY_CTX* context) {
  return context != nullptr && SodiumIsUsable() &&
         EVP_PKEY_CTX_get_operation(context) == EVP_PKEY_OP_KEYGEN &&
         EVP_PKEY_CTX_is_a(context, "X25519") == 1 && IsOpenssls(context) &&
         EVP_PKEY_CTX_get0_libctx(context) == nullptr &&
         EVP_PKEY_CTX_get0_propq(context) == nullptr;
}

// Wipes itself.
struct PrivateKey {
  ~PrivateKey() { sodium_memzero(bytes, sizeof(bytes)); }

  unsigned char bytes[kKeyHalf];
};

// Null where it cannot.
EVP_PKEY* NewPair() {
  PrivateKey own;
  unsigned char point[kKeyHalf];
  if (RAND_priv_bytes(own.bytes, sizeof(own.bytes)) != 1) return nullptr;
  own.bytes[0] &= 248;  // RFC 7748, 5
  own.bytes[31] = static_cast<unsigned char>((own.bytes[31] & 127) | 64);
  if (crypto_scalarmult_curve25519_base(point, own.bytes) != 0) return nullptr;
  return KeyOfBytes(EVP_PKEY_X25519, own.bytes, point);
}

// Whether `context` agrees on a secret from halves that are known here.
bool Agrees(EVP_PKEY_CTX* context) {
  return context != nullptr && SodiumIsUsable() &&
         EVP_PKEY_CTX_get_operation(context) == EVP_PKEY_OP_DERIVE && IsOpenssls(context) &&
         IsX25519(EVP_PKEY_CTX_get0_pkey(context)) &&
         IsX25519(EVP_PKEY_CTX_get0_peerkey(context)) &&
         KeptKey(EVP_PKEY_CTX_get0_pkey(context)) != nullptr;
}

}  // namespace

}  // namespace muster::engine

extern "C" int EVP_PKEY_keygen(EVP_PKEY_CTX* context, EVP_PKEY** key) {
  using namespace muster::engine;  // NOLINT: this is what the namespace is for
  static Keygen* const openssls = reinterpret_cast<Keygen*>(dlsym(RTLD_NEXT, "EVP_PKEY_keygen"));
  EVP_PKEY* const made =
      key != nullptr && *key == nullptr && MakesX25519(context) ? NewPair() : nullptr;
  if (made == nullptr) return openssls(context, key);
  *key = made;
  return 1;
}

extern "C" int EVP_PKEY_derive(EVP_PKEY_CTX* context, unsigned char* secret, size_t* size) {
  using namespace muster::engine;  // NOLINT: this is what the namespace is for
  static Derive* const openssls = reinterpret_cast<Derive*>(dlsym(RTLD_NEXT, "EVP_PKEY_derive"));
  // Only asks for the size, or gives too little room: OpenSSL says so.
  const bool has_room = secret != nullptr && size != nullptr && *size >= kKeyHalf;
  unsigned char point[kKeyHalf];
  size_t point_size = sizeof(point);
  if (!has_room || !Agrees(context) ||
      EVP_PKEY_get_raw_public_key(EVP_PKEY_CTX_get0_peerkey(context), point, &point_size) != 1) {
    return openssls(context, secret, size);
  }
  const unsigned char* const own = KeptKey(EVP_PKEY_CTX_get0_pkey(context));
  // Not where all bits are zero: a point of small order (RFC 7748, 6.1).
  if (crypto_scalarmult_curve25519(secret, own, point) != 0) return 0;
  *size = kKeyHalf;
  return 1;
}
