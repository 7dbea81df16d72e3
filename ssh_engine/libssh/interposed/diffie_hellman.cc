// EVP_PKEY_derive_set_peer and EVP_PKEY_generate, in front of OpenSSL's: Diffie-Hellman as short as
// OpenSSL's and OpenSSH's own.
//
// libssh 0.10 makes "DHX" keys from p and g alone (dh_crypto.c), and leaves the rest to OpenSSL's
// defaults. These take most of the time:
//
// - Where OpenSSL knows the group (group14, 16, 18), it makes short private exponents by itself
//   (225 to 400 bits), but checks the server's value with an exponent as long as p: nine tenths of
//   the time. p is a safe prime there, for which the range of the value says all (NIST SP 800-56A,
//   5.6.2.3.2; RFC 8268, 4). OpenSSL has that check, too: EVP_PKEY_public_check_quick.
// - Where it does not (group exchange), it checks the range only, but makes private exponents as
//   long as p. An attack on the exponent takes the square root of its range; 512 bits are the least
//   that OpenSSH takes for any group (dh_gen_key, dh.c: twice what is needed, which is 256 bits at
//   least), and more than RFC 7919 asks for (appendix A: 400 where p has 8192).
//
// Neither checks what OpenSSH does (dh_pub_is_valid, dh.c), of the server's value as of its own:
// with fewer than four bits set, it tells its exponent where the generator is 2. Such a value is
// refused.
//
// A program that links this has the functions, and libssh calls them: symbols are looked up in the
// program first (ld.so(8)). Everything else goes to OpenSSL as before. What else is replaced like
// this: README.md.
#include <dlfcn.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <memory>

#include "ssh_engine/libssh/interposed/key_of_bytes.h"

namespace muster::engine {
namespace {

constexpr int kLongModulus = 2048;  // bits: the least that libssh takes (DH_PMIN, dh-gex.c)
constexpr int kExponent = 512;      // bits
constexpr int kLeastBitsSet = 4;    // of a public value

using Generate = int(EVP_PKEY_CTX*, EVP_PKEY**);

struct Free {
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(BIGNUM* number) const { BN_free(number); }
};

bool IsDhx(const EVP_PKEY* key) { return key != nullptr && EVP_PKEY_is_a(key, "DHX") == 1; }

// Where OpenSSL knows the group, it has put in its order.
bool HasOrder(const EVP_PKEY* key) {
  BIGNUM* order = nullptr;
  const bool has = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_FFC_Q, &order) == 1;
  const std::unique_ptr<BIGNUM, Free> owned(order);
  return has;
}

// Whether `context` makes a key whose private exponent would be as long as its long modulus.
bool WouldBeLong(EVP_PKEY_CTX* context) {
  if (context == nullptr || EVP_PKEY_CTX_get_operation(context) != EVP_PKEY_OP_KEYGEN) return false;
  const EVP_PKEY* const group = EVP_PKEY_CTX_get0_pkey(context);
  return IsDhx(group) && EVP_PKEY_get_bits(group) >= kLongModulus && !HasOrder(group);
}

// Where this fails, OpenSSL makes a long one.
void Shorten(EVP_PKEY_CTX* context) {
  int bits = kExponent;
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_int(OSSL_PKEY_PARAM_DH_PRIV_LEN, &bits),
                               OSSL_PARAM_construct_end()};
  EVP_PKEY_CTX_set_params(context, params);
}

// Whether the public value of `key` has as many bits set as OpenSSH asks for.
bool HasBits(const EVP_PKEY* key) {
  BIGNUM* value = nullptr;
  if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PUB_KEY, &value) != 1) return false;
  const std::unique_ptr<BIGNUM, Free> owned(value);
  int set = 0;
  for (int i = BN_num_bits(value); i >= 0 && set < kLeastBitsSet; --i) {
    set += BN_is_bit_set(value, i);
  }
  return set == kLeastBitsSet;
}

// The full check, but for groups of safe primes that OpenSSL knows.
bool IsValidPublicValue(EVP_PKEY* peer) {
  const std::unique_ptr<EVP_PKEY_CTX, Free> check(
      EVP_PKEY_CTX_new_from_pkey(nullptr, peer, nullptr));
  return check != nullptr && EVP_PKEY_public_check_quick(check.get()) == 1 && HasBits(peer);
}

// As OpenSSL's where none can be made. `made` is what it has made.
int CheckOwn(int made, EVP_PKEY** key) {
  if (made != 1 || !IsDhx(*key) || HasBits(*key)) return made;
  EVP_PKEY_free(*key);
  *key = nullptr;
  return -1;
}

}  // namespace
}  // namespace muster::engine

extern "C" int EVP_PKEY_derive_set_peer(EVP_PKEY_CTX* context, EVP_PKEY* peer) {
  using namespace muster::engine;  // NOLINT: this is what the namespace is for
  // Every value is a valid X25519 key (RFC 7748, 5): there is nothing to check.
  if (IsX25519(peer)) return EVP_PKEY_derive_set_peer_ex(context, peer, 0);
  if (!IsDhx(peer)) return EVP_PKEY_derive_set_peer_ex(context, peer, 1);
  if (!IsValidPublicValue(peer)) return -1;  // as OpenSSL's
  return EVP_PKEY_derive_set_peer_ex(context, peer, 0);
}

extern "C" int EVP_PKEY_generate(EVP_PKEY_CTX* context, EVP_PKEY** key) {
  using namespace muster::engine;  // NOLINT: this is what the namespace is for
  static Generate* const openssls =
      reinterpret_cast<Generate*>(dlsym(RTLD_NEXT, "EVP_PKEY_generate"));
  if (WouldBeLong(context)) Shorten(context);
  const int made = openssls(context, key);
  const bool pair = context != nullptr && EVP_PKEY_CTX_get_operation(context) == EVP_PKEY_OP_KEYGEN;
  return pair ? CheckOwn(made, key) : made;
}
