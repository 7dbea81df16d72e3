#include "ssh_engine/libssh/interposed/ed25519_secret.h"

#include <openssl/crypto.h>
#include <string.h>

namespace muster::engine {
namespace {

void Free(void*, void* bytes, CRYPTO_EX_DATA*, int, long, void*) {
  OPENSSL_clear_free(bytes, 2 * kEd25519Half);
}

int Copy(CRYPTO_EX_DATA*, const CRYPTO_EX_DATA*, void** bytes, int, long, void*) {
  *bytes = nullptr;
  return 1;
}

// -1: there is none.
int Index() {
  static const int index =
      CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_EVP_PKEY, 0, nullptr, nullptr, Copy, Free);
  return index;
}

}  // namespace

void KeepEd25519(EVP_PKEY* key, const unsigned char* private_half,
                 const unsigned char* public_half) {
  if (Index() < 0) return;
  auto* const bytes = static_cast<unsigned char*>(OPENSSL_malloc(2 * kEd25519Half));
  if (bytes == nullptr) return;
  memcpy(bytes, private_half, kEd25519Half);
  memcpy(bytes + kEd25519Half, public_half, kEd25519Half);
  if (EVP_PKEY_set_ex_data(key, Index(), bytes) != 1) {
    OPENSSL_clear_free(bytes, 2 * kEd25519Half);
  }
}

const unsigned char* KeptEd25519(const EVP_PKEY* key) {
  if (Index() < 0) return nullptr;
  return static_cast<const unsigned char*>(EVP_PKEY_get_ex_data(key, Index()));
}

}  // namespace muster::engine
