#ifndef SSH_ENGINE_BASE_WIRE_READER_H_
#define SSH_ENGINE_BASE_WIRE_READER_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace muster::engine {

// Reads the fields of an SSH message or key (RFC 4251, 5) one after the other. A field that passes
// the end is nullopt. Views into the caller's bytes, copies nothing.
class WireReader {
 public:
  explicit WireReader(absl::string_view bytes) : rest_(bytes) {}

  absl::optional<uint32_t> Uint32() {
    if (rest_.size() < 4) return absl::nullopt;
    const auto* at = reinterpret_cast<const unsigned char*>(rest_.data());
    rest_.remove_prefix(4);
    return uint32_t{at[0]} << 24 | uint32_t{at[1]} << 16 | uint32_t{at[2]} << 8 | at[3];
  }

  absl::optional<absl::string_view> String() {
    const absl::optional<uint32_t> length = Uint32();
    if (!length || *length > rest_.size()) return absl::nullopt;
    const absl::string_view value = rest_.substr(0, *length);
    rest_.remove_prefix(*length);
    return value;
  }

  absl::string_view rest() const { return rest_; }

 private:
  absl::string_view rest_;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_BASE_WIRE_READER_H_
