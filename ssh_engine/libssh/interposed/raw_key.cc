// EVP_PKEY_new_raw_private_key and EVP_PKEY_new_raw_public_key, in front of OpenSSL's.
//
// libssh 0.10 keeps X25519 and Ed25519 keys as raw bytes and makes an EVP_PKEY of them for each key
// exchange and each signature. OpenSSL then computes the public key anew, which was a fifth of what
// a handshake costs outside the kernel. Here it is not computed where nobody needs it (X25519:
// libssh has sent it already) or where it is known (Ed25519: the same few keys sign for thousands
// of hosts). Nor is the algorithm looked for by its name each time. libssh 0.11 keeps EVP_PKEYs,
// and needs this no longer.
//
// A program that links this has the functions, and libssh calls them: symbols are looked up in the
// program first (ld.so(8)). Everything else goes to OpenSSL as before. What else is replaced like
// this: README.md.
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "ssh_engine/libssh/interposed/kept_key.h"
#include "ssh_engine/libssh/interposed/key_of_bytes.h"

namespace muster::engine {
namespace {

constexpr size_t kMaxKnown = 256;  // then begins anew
using PublicKey = std::array<unsigned char, kKeyHalf>;

// Public keys by the SHA-256 of the private ones.
using KnownKeys = absl::flat_hash_map<std::string, PublicKey>;

struct Free {
  void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
};

// Trivial, so that it is there for the destructors of other thread-local objects.
thread_local bool thread_ends = false;

// Of one thread.
struct Memory {
  const std::unique_ptr<EVP_MD, Free> sha256{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  KnownKeys known;

  ~Memory() { thread_ends = true; }
};

// Not once `thread_ends`.
Memory& Own() {
  thread_local Memory memory;
  return memory;
}

// Empty where OpenSSL cannot.
std::string DigestOf(const unsigned char* private_key) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  if (EVP_Digest(private_key, kKeyHalf, digest, nullptr, Own().sha256.get(), nullptr) != 1) {
    return "";
  }
  return std::string(reinterpret_cast<char*>(digest), sizeof(digest));
}

EVP_PKEY* Compute(const char* type, const unsigned char* private_key, size_t size) {
  return EVP_PKEY_new_raw_private_key_ex(nullptr, type, nullptr, private_key, size);
}

EVP_PKEY* NewEd25519(const unsigned char* private_key) {
  KnownKeys& known = Own().known;
  const std::string digest = DigestOf(private_key);
  if (digest.empty()) return Compute("ED25519", private_key, kKeyHalf);
  const auto it = known.find(digest);
  if (it != known.end()) {
    EVP_PKEY* const key = KeyOfBytes(EVP_PKEY_ED25519, private_key, it->second.data());
    if (key != nullptr) KeepKey(key, private_key, it->second.data());
    return key;
  }
  EVP_PKEY* key = Compute("ED25519", private_key, kKeyHalf);
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
  EVP_PKEY* const key = KeyOfBytes(EVP_PKEY_X25519, private_key, none.data());
  if (key == nullptr) return Compute("X25519", private_key, kKeyHalf);
  KeepKey(key, private_key, none.data());
  return key;
}

}  // namespace
}  // namespace muster::engine

extern "C" EVP_PKEY* EVP_PKEY_new_raw_private_key(int type, ENGINE*, const unsigned char* key,
                                                  size_t size) {
  using namespace muster::engine;  // NOLINT: this is what the namespace is for
  if (thread_ends) return Compute(OBJ_nid2sn(type), key, size);
  if (size == kKeyHalf && type == EVP_PKEY_ED25519) return NewEd25519(key);
  if (size == kKeyHalf && type == EVP_PKEY_X25519) return NewX25519(key);
  return Compute(OBJ_nid2sn(type), key, size);
}

extern "C" EVP_PKEY* EVP_PKEY_new_raw_public_key(int type, ENGINE*, const unsigned char* key,
                                                 size_t size) {
  using namespace muster::engine;  // NOLINT: this is what the namespace is for
  const bool known = size == kKeyHalf && (type == EVP_PKEY_ED25519 || type == EVP_PKEY_X25519);
  EVP_PKEY* const made = known ? KeyOfBytes(type, nullptr, key) : nullptr;
  if (made != nullptr) return made;
  return EVP_PKEY_new_raw_public_key_ex(nullptr, OBJ_nid2sn(type), nullptr, key, size);
}
