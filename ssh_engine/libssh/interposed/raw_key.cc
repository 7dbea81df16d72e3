// EVP_PKEY_new_raw_private_key, in front of OpenSSL's.
//
// libssh 0.10 keeps X25519 and Ed25519 keys as raw bytes and makes an EVP_PKEY of them for each key
// exchange and each signature. OpenSSL then computes the public key anew, which was a fifth of what
// a handshake costs outside the kernel. Here it is not computed where nobody needs it (X25519:
// libssh has sent it already) or where it is known (Ed25519: the same few keys sign for thousands
// of hosts). libssh 0.11 keeps EVP_PKEYs, and needs this no longer.
//
// A program that links this has the function, and libssh calls it: symbols are looked up in the
// program first (ld.so(8)). Everything else goes to OpenSSL as before. What else is replaced like
// this: README.md.
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/sha.h>

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "ssh_engine/libssh/interposed/kept_key.h"
#include "ssh_engine/libssh/interposed/x25519_key.h"

namespace muster::engine {
namespace {

constexpr size_t kKeyBytes = 32;
constexpr size_t kMaxKnown = 256;  // then begins anew
using PublicKey = std::array<unsigned char, kKeyBytes>;

// Public keys by the SHA-256 of the private ones. One for each thread.
using KnownKeys = absl::flat_hash_map<std::string, PublicKey>;

struct Free {
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
};

using Context = std::unique_ptr<EVP_PKEY_CTX, Free>;

// Null where OpenSSL cannot.
Context NewContext(const char* name) {
  Context context(EVP_PKEY_CTX_new_from_name(nullptr, name, nullptr));
  const bool usable = context != nullptr && EVP_PKEY_fromdata_init(context.get()) > 0;
  return usable ? std::move(context) : nullptr;
}

// Trivial, so that it is there for the destructors of other thread-local objects.
thread_local bool thread_ends = false;

// To find an algorithm by its name takes longer than to use it: each thread does so once.
struct Algorithms {
  const Context ed25519 = NewContext("ED25519");
  const std::unique_ptr<EVP_MD, Free> sha256{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  KnownKeys known;

  ~Algorithms() { thread_ends = true; }
};

// Not once `thread_ends`.
Algorithms& Own() {
  thread_local Algorithms algorithms;
  return algorithms;
}

// Empty where OpenSSL cannot.
std::string DigestOf(const unsigned char* private_key) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  if (EVP_Digest(private_key, kKeyBytes, digest, nullptr, Own().sha256.get(), nullptr) != 1) {
    return "";
  }
  return std::string(reinterpret_cast<char*>(digest), sizeof(digest));
}

EVP_PKEY* Compute(const char* type, const unsigned char* private_key, size_t size) {
  return EVP_PKEY_new_raw_private_key_ex(nullptr, type, nullptr, private_key, size);
}

// Null where OpenSSL cannot.
EVP_PKEY* Combine(const unsigned char* private_key, const PublicKey& public_key) {
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PRIV_KEY,
                                        const_cast<unsigned char*>(private_key), kKeyBytes),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                        const_cast<unsigned char*>(public_key.data()), kKeyBytes),
      OSSL_PARAM_construct_end(),
  };
  EVP_PKEY_CTX* const context = Own().ed25519.get();
  EVP_PKEY* key = nullptr;
  const bool made =
      context != nullptr && EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, params) > 0;
  return made ? key : nullptr;
}

EVP_PKEY* NewEd25519(const unsigned char* private_key) {
  KnownKeys& known = Own().known;
  const std::string digest = DigestOf(private_key);
  if (digest.empty()) return Compute("ED25519", private_key, kKeyBytes);
  const auto it = known.find(digest);
  if (it != known.end()) {
    EVP_PKEY* const key = Combine(private_key, it->second);
    if (key != nullptr) KeepKey(key, private_key, it->second.data());
    return key;
  }
  EVP_PKEY* key = Compute("ED25519", private_key, kKeyBytes);
  PublicKey public_key;
  size_t size = public_key.size();
  if (key != nullptr && EVP_PKEY_get_raw_public_key(key, public_key.data(), &size) == 1) {
    if (known.size() >= kMaxKnown) known.clear();
    known[digest] = public_key;
    KeepKey(key, private_key, public_key.data());
  }
  return key;
}

// Agreeing on a secret takes the private half and the peer's public one.
EVP_PKEY* NewX25519(const unsigned char* private_key) {
  const PublicKey none = {};
  EVP_PKEY* const key = NewX25519Key(private_key, none.data());
  if (key == nullptr) return Compute("X25519", private_key, kKeyBytes);
  KeepKey(key, private_key, none.data());
  return key;
}

}  // namespace
}  // namespace muster::engine

extern "C" EVP_PKEY* EVP_PKEY_new_raw_private_key(int type, ENGINE*, const unsigned char* key,
                                                  size_t size) {
  using namespace muster::engine;  // NOLINT: this is what the namespace is for
  if (thread_ends) return Compute(OBJ_nid2sn(type), key, size);
  if (size == kKeyBytes && type == EVP_PKEY_ED25519) return NewEd25519(key);
  if (size == kKeyBytes && type == EVP_PKEY_X25519) return NewX25519(key);
  return Compute(OBJ_nid2sn(type), key, size);
}
