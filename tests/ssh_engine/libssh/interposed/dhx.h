// Diffie-Hellman as libssh 0.10 calls OpenSSL for it (dh_crypto.c): from a group's p and g alone.
#ifndef TESTS_SSH_ENGINE_LIBSSH_INTERPOSED_DHX_H_
#define TESTS_SSH_ENGINE_LIBSSH_INTERPOSED_DHX_H_

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <memory>
#include <string>

namespace muster::engine {

struct FreeDhx {
  void operator()(BIGNUM* number) const { BN_clear_free(number); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(OSSL_PARAM* params) const { OSSL_PARAM_free(params); }
  void operator()(OSSL_PARAM_BLD* builder) const { OSSL_PARAM_BLD_free(builder); }
};
using Number = std::unique_ptr<BIGNUM, FreeDhx>;
using DhKey = std::unique_ptr<EVP_PKEY, FreeDhx>;
using DhContext = std::unique_ptr<EVP_PKEY_CTX, FreeDhx>;

// RFC 3526: 2048, 3072, 4096 or 8192 bits, which OpenSSL knows.
inline Number KnownPrime(int bits) {
  switch (bits) {
    case 2048:
      return Number(BN_get_rfc3526_prime_2048(nullptr));
    case 3072:
      return Number(BN_get_rfc3526_prime_3072(nullptr));
    case 4096:
      return Number(BN_get_rfc3526_prime_4096(nullptr));
    default:
      return Number(BN_get_rfc3526_prime_8192(nullptr));
  }
}

// As long, and as much work, but of no group that OpenSSL knows, as in sshd's /etc/ssh/moduli. (No
// prime: both sides come to the same secret anyway.)
inline Number UnknownModulus(int bits) {
  Number modulus = KnownPrime(bits);
  BN_add_word(modulus.get(), 2);
  return modulus;
}

inline Number Part(const EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(key, name, &number);
  return Number(number);
}

// A group, or with `value` a public key in it. Null where OpenSSL refuses.
inline DhKey NewDhKey(const char* type, const BIGNUM* p, const BIGNUM* g, const BIGNUM* value) {
  const std::unique_ptr<OSSL_PARAM_BLD, FreeDhx> builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_FFC_P, p);
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_FFC_G, g);
  if (value != nullptr) OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, value);
  const std::unique_ptr<OSSL_PARAM, FreeDhx> params(OSSL_PARAM_BLD_to_param(builder.get()));
  const DhContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  EVP_PKEY_fromdata_init(context.get());
  EVP_PKEY_fromdata(context.get(), &key,
                    value != nullptr ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEY_PARAMETERS, params.get());
  return DhKey(key);
}

inline DhKey NewGroup(const BIGNUM* p, const char* type = "DHX", BN_ULONG generator = 2) {
  const Number g(BN_new());
  BN_set_word(g.get(), generator);
  return NewDhKey(type, p, g.get(), nullptr);
}

// The other side's key, of which nothing but `value` is known.
inline DhKey NewPeer(const EVP_PKEY* group, const BIGNUM* value) {
  return NewDhKey("DHX", Part(group, OSSL_PKEY_PARAM_FFC_P).get(),
                  Part(group, OSSL_PKEY_PARAM_FFC_G).get(), value);
}

// Null where OpenSSL makes none.
inline DhKey GenerateIn(EVP_PKEY* group) {
  const DhContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, group, nullptr));
  EVP_PKEY* key = nullptr;
  EVP_PKEY_keygen_init(context.get());
  EVP_PKEY_generate(context.get(), &key);
  return DhKey(key);
}

// Empty where the other side's value is refused.
inline std::string SecretOf(EVP_PKEY* own, EVP_PKEY* peer) {
  const DhContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, own, nullptr));
  size_t size = 0;
  if (EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), peer) != 1 ||
      EVP_PKEY_derive(context.get(), nullptr, &size) != 1) {
    return "";
  }
  std::string secret(size, '\0');
  auto* const bytes = reinterpret_cast<unsigned char*>(&secret[0]);
  return EVP_PKEY_derive(context.get(), bytes, &size) == 1 ? secret.substr(0, size) : "";
}

}  // namespace muster::engine

#endif  // TESTS_SSH_ENGINE_LIBSSH_INTERPOSED_DHX_H_
