// The fields of SSH messages (RFC 4251, 5).
#ifndef TESTS_SIM_WIRE_H_
#define TESTS_SIM_WIRE_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace muster::sim {

// Reads one field after the other. A field that passes the end is zero or empty, and ok() is false
// from then on. Views into the caller's bytes, copies nothing.
class WireReader {
 public:
  explicit WireReader(absl::string_view bytes) : rest_(bytes) {}

  uint8_t Byte() {
    const absl::string_view bytes = Take(1);
    return bytes.empty() ? 0 : static_cast<uint8_t>(bytes[0]);
  }
  bool Bool() { return Byte() != 0; }
  uint32_t Uint32() {
    const absl::string_view bytes = Take(4);
    uint32_t value = 0;
    for (const char c : bytes) value = value << 8 | static_cast<uint8_t>(c);
    return value;
  }
  absl::string_view String() { return Take(Uint32()); }
  absl::string_view Take(size_t size) {
    if (size > rest_.size()) {
      ok_ = false;
      size = 0;
      rest_ = {};
    }
    const absl::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }

  bool ok() const { return ok_; }

 private:
  absl::string_view rest_;
  bool ok_ = true;
};

// Appends fields to a string of the caller's.
class WireWriter {
 public:
  explicit WireWriter(std::string* out) : out_(out) {}

  WireWriter& Byte(uint8_t value) {
    out_->push_back(static_cast<char>(value));
    return *this;
  }
  WireWriter& Bool(bool value) { return Byte(value ? 1 : 0); }
  WireWriter& Uint32(uint32_t value) {
    const char bytes[] = {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
                          static_cast<char>(value >> 8), static_cast<char>(value)};
    out_->append(bytes, sizeof(bytes));
    return *this;
  }
  WireWriter& String(absl::string_view value) {
    Uint32(static_cast<uint32_t>(value.size()));
    out_->append(value.data(), value.size());
    return *this;
  }
  // `bytes`: a positive number, the highest byte first.
  WireWriter& Mpint(absl::string_view bytes) {
    while (!bytes.empty() && bytes[0] == 0) bytes.remove_prefix(1);
    const bool sign_bit = !bytes.empty() && (bytes[0] & 0x80) != 0;
    Uint32(static_cast<uint32_t>(bytes.size() + (sign_bit ? 1 : 0)));
    if (sign_bit) Byte(0);
    out_->append(bytes.data(), bytes.size());
    return *this;
  }

 private:
  std::string* const out_;
};

}  // namespace muster::sim

#endif  // TESTS_SIM_WIRE_H_
