// EVP_DigestSign and EVP_DigestVerify, in front of OpenSSL's: Ed25519 by libsodium.
//
// OpenSSL 3.0 has assembler for X25519, not for Ed25519: it takes more than twice as long as libsodium
// to sign, and to verify (40 and 108 microseconds against 17 and 48, on one machine). Each handshake
// verifies the host's signature, and mostly signs as well. libsodium also turns down public keys of
// small order, for which anybody can sign.
//
// A program that links this has the functions, and libssh calls them: symbols are looked up in the
// program first (ld.so(8)). Everything else goes to OpenSSL as before.
#include <dlfcn.h>
#include <openssl/evp.h>
#include <sodium.h>

namespace muster::engine {
namespace {

using Sign = int(EVP_MD_CTX*, unsigned char*, size_t*, const unsigned char*, size_t);
using Verify = int(EVP_MD_CTX*, const unsigned char*, size_t, const unsigned char*, size_t);

template <typename Function>
Function* Openssls(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

// Not where the system's configuration wants a validated module for everything (fips_module(7)).
bool SodiumIsUsable() {
  return EVP_default_properties_is_fips_enabled(nullptr) == 0 && sodium_init() >= 0;
}

// The key that `context` is for, where that is an Ed25519 key, and libsodium can be used.
EVP_PKEY* Ed25519KeyOf(EVP_MD_CTX* context) {
  static const bool usable = SodiumIsUsable();
  EVP_PKEY_CTX* const operation = usable ? EVP_MD_CTX_get_pkey_ctx(context) : nullptr;
  EVP_PKEY* const key = operation != nullptr ? EVP_PKEY_CTX_get0_pkey(operation) : nullptr;
  return key != nullptr && EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 ? key : nullptr;
}

// libsodium's secret key: the private key and, after it, the public one.
class SecretKey {
 public:
  ~SecretKey() { sodium_memzero(bytes_, sizeof(bytes_)); }

  // False where `key` has no private part.
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

bool SignWith(const EVP_PKEY* key, unsigned char* signature, const unsigned char* data,
              size_t size) {
  SecretKey secret;
  return secret.Take(key) &&
         crypto_sign_detached(signature, nullptr, data, size, secret.bytes()) == 0;
}

bool VerifyWith(const EVP_PKEY* key, const unsigned char* signature, const unsigned char* data,
                size_t size) {
  unsigned char point[crypto_sign_PUBLICKEYBYTES];
  size_t point_size = sizeof(point);
  return EVP_PKEY_get_raw_public_key(key, point, &point_size) == 1 &&
         crypto_sign_verify_detached(signature, data, size, point) == 0;
}

}  // namespace
}  // namespace muster::engine

extern "C" int EVP_DigestSign(EVP_MD_CTX* context, unsigned char* signature,
                              size_t* signature_size, const unsigned char* data, size_t size) {
  using namespace muster::engine;  // NOLINT: this is what the namespace is for
  static Sign* const openssls = Openssls<Sign>("EVP_DigestSign");
  EVP_PKEY* const key = Ed25519KeyOf(context);
  // Only asks for the size, or gives too little room: OpenSSL says so.
  const bool room = signature != nullptr && *signature_size >= crypto_sign_BYTES;
  if (key == nullptr || !room) return openssls(context, signature, signature_size, data, size);
  if (!SignWith(key, signature, data, size)) return 0;
  *signature_size = crypto_sign_BYTES;
  return 1;
}

extern "C" int EVP_DigestVerify(EVP_MD_CTX* context, const unsigned char* signature,
                                size_t signature_size, const unsigned char* data, size_t size) {
  using namespace muster::engine;  // NOLINT: this is what the namespace is for
  static Verify* const openssls = Openssls<Verify>("EVP_DigestVerify");
  EVP_PKEY* const key = Ed25519KeyOf(context);
  if (key == nullptr) return openssls(context, signature, signature_size, data, size);
  return signature_size == crypto_sign_BYTES && VerifyWith(key, signature, data, size) ? 1 : 0;
}
