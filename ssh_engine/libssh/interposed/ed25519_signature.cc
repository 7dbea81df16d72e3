// EVP_DigestSign and EVP_DigestVerify, in front of OpenSSL's: Ed25519 by libsodium.
//
// OpenSSL 3.0 has assembler for X25519, not for Ed25519: it takes more than twice as long as
// libsodium to sign, and to verify (40 and 108 microseconds against 17 and 48, on one machine).
// Each handshake verifies the host's signature, and mostly signs as well. libsodium also turns down
// public keys of small order, for which anybody can sign.
//
// A program that links this has the functions, and libssh calls them: symbols are looked up in the
// program first (ld.so(8)). Everything else goes to OpenSSL as before: other keys, contexts that
// are for something else, and keys whose bytes a provider keeps to itself. What else is replaced
// like this: README.md.
#include <dlfcn.h>
#include <openssl/evp.h>
#include <sodium.h>

#include "ssh_engine/libssh/interposed/kept_key.h"
#include "ssh_engine/libssh/interposed/sodium_use.h"

namespace muster::engine {
namespace {

using Sign = int(EVP_MD_CTX*, unsigned char*, size_t*, const unsigned char*, size_t);
using Verify = int(EVP_MD_CTX*, const unsigned char*, size_t, const unsigned char*, size_t);

template <typename Function>
Function* Openssls(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

// The key that `context` does `operation` with, where that is an Ed25519 key, and libsodium can be
// used.
EVP_PKEY* Ed25519KeyOf(EVP_MD_CTX* context, int operation) {
  EVP_PKEY_CTX* const own = SodiumIsUsable() ? EVP_MD_CTX_get_pkey_ctx(context) : nullptr;
  if (own == nullptr || EVP_PKEY_CTX_get_operation(own) != operation) return nullptr;
  EVP_PKEY* const key = EVP_PKEY_CTX_get0_pkey(own);
  return key != nullptr && EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 ? key : nullptr;
}

// libsodium's secret key: the private key and, after it, the public one.
class SecretKey {
 public:
  ~SecretKey() { sodium_memzero(bytes_, sizeof(bytes_)); }

  // False where `key` has no private part, or a provider does not give it away.
  bool Take(const EVP_PKEY* key) {
    size_t seed = crypto_sign_SEEDBYTES;
    size_t point = crypto_sign_PUBLICKEYBYTES;
    return EVP_PKEY_get_raw_private_key(key, bytes_, &seed) == 1 &&
           EVP_PKEY_get_raw_public_key(key, bytes_ + crypto_sign_SEEDBYTES, &point) == 1;
  }
  const unsigned char* bytes() const { return bytes_; }

 private:
  unsigned char bytes_[crypto_sign_SECRETKEYBYTES];
};

struct PublicKey {
  unsigned char bytes[crypto_sign_PUBLICKEYBYTES];

  bool Take(const EVP_PKEY* key) {
    size_t size = sizeof(bytes);
    return EVP_PKEY_get_raw_public_key(key, bytes, &size) == 1;
  }
};

}  // namespace
}  // namespace muster::engine

extern "C" int EVP_DigestSign(EVP_MD_CTX* context, unsigned char* signature, size_t* signature_size,
                              const unsigned char* data, size_t size) {
  using namespace muster::engine;  // NOLINT: this is what the namespace is for
  static Sign* const openssls = Openssls<Sign>("EVP_DigestSign");
  EVP_PKEY* const key = Ed25519KeyOf(context, EVP_PKEY_OP_SIGNCTX);
  // Only asks for the size, or gives too little room: OpenSSL says so.
  const bool room = signature != nullptr && *signature_size >= crypto_sign_BYTES;
  const unsigned char* secret = key != nullptr ? KeptKey(key) : nullptr;
  SecretKey taken;
  if (key != nullptr && room && secret == nullptr && taken.Take(key)) secret = taken.bytes();
  if (key == nullptr || !room || secret == nullptr) {
    return openssls(context, signature, signature_size, data, size);
  }
  if (crypto_sign_detached(signature, nullptr, data, size, secret) != 0) return 0;
  *signature_size = crypto_sign_BYTES;
  return 1;
}

extern "C" int EVP_DigestVerify(EVP_MD_CTX* context, const unsigned char* signature,
                                size_t signature_size, const unsigned char* data, size_t size) {
  using namespace muster::engine;  // NOLINT: this is what the namespace is for
  static Verify* const openssls = Openssls<Verify>("EVP_DigestVerify");
  EVP_PKEY* const key = Ed25519KeyOf(context, EVP_PKEY_OP_VERIFYCTX);
  PublicKey point;
  if (key == nullptr || !point.Take(key)) {
    return openssls(context, signature, signature_size, data, size);
  }
  const bool good = signature_size == crypto_sign_BYTES &&
                    crypto_sign_verify_detached(signature, data, size, point.bytes) == 0;
  return good ? 1 : 0;
}
