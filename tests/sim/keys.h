// Host keys, the key exchange and the checking of signatures: ed25519 and X25519.
#ifndef TESTS_SIM_KEYS_H_
#define TESTS_SIM_KEYS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "tests/sim/openssl_ptr.h"

namespace muster::sim {

// SHA-256, 32 bytes.
std::string Sha256(absl::string_view bytes);

// An ed25519 key. Immutable; shared by threads.
class HostKey {
 public:
  // The same text makes the same key.
  explicit HostKey(absl::string_view seed);

  // As in a known_hosts line, before base64.
  const std::string& public_blob() const { return public_blob_; }
  // The signature's blob.
  std::string Sign(absl::string_view data) const;

 private:
  PkeyPtr key_;
  std::string public_blob_;
};

// The server's half of curve25519-sha256. One ephemeral key serves all sessions of a thread, since
// there is nothing to keep secret here: it saves a third of the handshake. Used by one thread.
class KeyExchange {
 public:
  KeyExchange();

  const std::string& public_key() const { return public_key_; }
  // The shared secret; nullopt for a bad key of the peer's.
  absl::optional<std::string> SharedSecret(absl::string_view peer_public_key);

 private:
  PkeyPtr key_;
  PkeyCtxPtr context_;
  std::string public_key_;
};

// Whether `signature` (a blob) is made over `data` by the ssh-ed25519 key of `public_blob`.
bool VerifyEd25519(absl::string_view public_blob, absl::string_view signature,
                   absl::string_view data);

}  // namespace muster::sim

#endif  // TESTS_SIM_KEYS_H_
