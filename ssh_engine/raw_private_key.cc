// EVP_PKEY_new_raw_private_key, in front of OpenSSL's.
//
// libssh 0.10 keeps X25519 and Ed25519 keys as raw bytes and makes an EVP_PKEY of them for each key
// exchange and each signature. OpenSSL then computes the public key anew, which was a fifth of what
// a handshake costs outside the kernel. Here it is not computed where nobody needs it (X25519:
// libssh has sent it already) or where it is known (Ed25519: the same few keys sign for thousands
// of hosts). libssh 0.11 keeps EVP_PKEYs, and needs this no longer.
//
// A program that links this has the function, and libssh calls it: symbols are looked up in the
// program first (ld.so(8)). Everything else goes to OpenSSL as before.
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/sha.h>

#include <array>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace muster::engine {
namespace {

constexpr size_t kKeyBytes = 32;
constexpr size_t kMaxKnown = 256;  // then begins anew
using PublicKey = std::array<unsigned char, kKeyBytes>;

// Public keys by the SHA-256 of the private ones. One for each thread.
using KnownKeys = absl::flat_hash_map<std::string, PublicKey>;

KnownKeys& Known() {
  thread_local KnownKeys known;
  return known;
}

std::string DigestOf(const unsigned char* private_key) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(private_key, kKeyBytes, digest);
  return std::string(reinterpret_cast<char*>(digest), sizeof(digest));
}

EVP_PKEY* Compute(const char* type, const unsigned char* private_key, size_t size) {
  return EVP_PKEY_new_raw_private_key_ex(nullptr, type, nullptr, private_key, size);
}

// Null where OpenSSL cannot.
EVP_PKEY* Combine(const char* type, const unsigned char* private_key, const PublicKey& public_key) {
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PRIV_KEY,
                                        const_cast<unsigned char*>(private_key), kKeyBytes),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                        const_cast<unsigned char*>(public_key.data()), kKeyBytes),
      OSSL_PARAM_construct_end(),
  };
  EVP_PKEY* key = nullptr;
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr);
  if (context == nullptr || EVP_PKEY_fromdata_init(context) <= 0 ||
      EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, params) <= 0) {
    key = nullptr;
  }
  EVP_PKEY_CTX_free(context);
  return key;
}

EVP_PKEY* NewEd25519(const unsigned char* private_key) {
  KnownKeys& known = Known();
  const std::string digest = DigestOf(private_key);
  const auto it = known.find(digest);
  if (it != known.end()) return Combine("ED25519", private_key, it->second);
  EVP_PKEY* key = Compute("ED25519", private_key, kKeyBytes);
  PublicKey public_key;
  size_t size = public_key.size();
  if (key != nullptr && EVP_PKEY_get_raw_public_key(key, public_key.data(), &size) == 1) {
    if (known.size() >= kMaxKnown) known.clear();
    known[digest] = public_key;
  }
  return key;
}

}  // namespace
}  // namespace muster::engine

extern "C" EVP_PKEY* EVP_PKEY_new_raw_private_key(int type, ENGINE*, const unsigned char* key,
                                                  size_t size) {
  using namespace muster::engine;  // NOLINT: this is what the namespace is for
  if (size == kKeyBytes && type == EVP_PKEY_ED25519) return NewEd25519(key);
  // Agreeing on a secret takes the private key and the peer's public one.
  if (size == kKeyBytes && type == EVP_PKEY_X25519) return Combine("X25519", key, PublicKey());
  return Compute(OBJ_nid2sn(type), key, size);
}
