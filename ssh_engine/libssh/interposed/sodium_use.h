// Whether libsodium may stand in for OpenSSL.
#ifndef SSH_ENGINE_LIBSSH_INTERPOSED_SODIUM_USE_H_
#define SSH_ENGINE_LIBSSH_INTERPOSED_SODIUM_USE_H_

#include <openssl/evp.h>
#include <sodium.h>

namespace muster::engine {

// Not where the system's configuration wants a validated module for everything (fips_module(7)).
inline bool SodiumIsUsable() {
  static const bool usable =
      EVP_default_properties_is_fips_enabled(nullptr) == 0 && sodium_init() >= 0;
  return usable;
}

}  // namespace muster::engine

#endif  // SSH_ENGINE_LIBSSH_INTERPOSED_SODIUM_USE_H_
