#include "ssh_engine/libssh/interposed/kept_key.h"

#include <openssl/crypto.h>
#include <string.h>

namespace muster::engine {
namespace {

void Free(void*, void* bytes, CRYPTO_EX_DATA*, int, long, void*) {
  OPENSSL_clear_free(bytes, 2 * kKeyHalf);
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

void KeepKey(EVP_PKEY* key, const unsigned char* private_half, const unsigned char* public_half) {
  if (Index() < 0) return;
  auto* const bytes = static_cast<unsigned char*>(OPENSSL_malloc(2 * kKeyHalf));
  if (bytes == nullptr) return;
  memcpy(bytes, private_half, kKeyHalf);
  memcpy(bytes + kKeyHalf, public_half, kKeyHalf);
  if (EVP_PKEY_set_ex_data(key, Index(), bytes) != 1) {
    OPENSSL_clear_free(bytes, 2 * kKeyHalf);
  }
}

const unsigned char* KeptKey(const EVP_PKEY* key) {
  if (Index() < 0) return nullptr;
  return static_cast<const unsigned char*>(EVP_PKEY_get_ex_data(key, Index()));
}

}  // namespace muster::engine
