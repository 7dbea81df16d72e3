// Host names as OpenSSH hashes them in known_hosts files: "|1|SALT|HMAC-SHA1 of the name".
#ifndef SSH_ENGINE_HOST_KEYS_HASHED_NAME_H_
#define SSH_ENGINE_HOST_KEYS_HASHED_NAME_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace muster::engine {

// A name to be tried, put into the blocks that SHA-1 takes: once for all lines.
class NameToTry {
 public:
  explicit NameToTry(absl::string_view name);

 private:
  friend class HashedName;
  std::vector<std::array<unsigned char, 64>> blocks_;
};

// A value. The salt is hashed in already, so that a try takes two blocks of SHA-1 for a name of up
// to 55 bytes, and no allocation: some 0.1 us.
class HashedName {
 public:
  // Of a known_hosts line. INVALID_ARGUMENT.
  static absl::StatusOr<HashedName> Parse(absl::string_view text);
  // With a salt of its own (20 random bytes); `text` is what to write. INTERNAL: no random bytes.
  static absl::StatusOr<HashedName> Make(absl::string_view name, std::string* text);

  bool IsOf(const NameToTry& name) const { return Compute(name) == digest_; }
  // 20 bytes, as good as unique.
  std::string digest() const;

 private:
  using Words = std::array<uint32_t, 5>;  // SHA-1's state

  Words Compute(const NameToTry& name) const;

  Words inner_;
  Words outer_;
  Words digest_;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_HOST_KEYS_HASHED_NAME_H_
