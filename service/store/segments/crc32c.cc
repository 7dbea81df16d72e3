#include "service/store/segments/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace muster::service {
namespace {

constexpr uint32_t kPolynomial = 0x82f63b78;  // reflected

// [k][b]: the CRC of the byte b and k zeros after it, so that eight bytes are done in one step.
using Tables = std::array<std::array<uint32_t, 256>, 8>;

Tables MakeTables() {
  Tables tables = {};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? kPolynomial : 0);
    tables[0][byte] = crc;
  }
  for (size_t k = 1; k < tables.size(); ++k) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t before = tables[k - 1][byte];
      tables[k][byte] = before >> 8 ^ tables[0][before & 0xff];
    }
  }
  return tables;
}

uint64_t Load(const char* at) {
  uint64_t value = 0;
  for (int i = 7; i >= 0; --i) value = value << 8 | static_cast<uint8_t>(at[i]);
  return value;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) uint32_t Crc32cByInstruction(uint32_t crc,
                                                               absl::string_view bytes) {
  uint64_t state = static_cast<uint32_t>(~crc);
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  for (; end - at >= 8; at += 8) {
    uint64_t value;
    std::memcpy(&value, at, sizeof(value));
    state = _mm_crc32_u64(state, value);
  }
  for (; at < end; ++at) {
    state = _mm_crc32_u8(static_cast<uint32_t>(state), static_cast<uint8_t>(*at));
  }
  return ~static_cast<uint32_t>(state);
}
#endif

using Function = uint32_t (*)(uint32_t, absl::string_view);

Function Best() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) return Crc32cByInstruction;
#endif
  return Crc32cByTable;
}

}  // namespace

uint32_t Crc32c(uint32_t crc, absl::string_view bytes) {
  static const Function best = Best();
  return best(crc, bytes);
}

uint32_t Crc32cByTable(uint32_t crc, absl::string_view bytes) {
  static const Tables tables = MakeTables();
  uint32_t state = ~crc;
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  for (; end - at >= 8; at += 8) {
    const uint64_t value = Load(at) ^ state;
    state = 0;
    for (size_t i = 0; i < 8; ++i) state ^= tables[7 - i][value >> (8 * i) & 0xff];
  }
  for (; at < end; ++at) state = state >> 8 ^ tables[0][(state ^ static_cast<uint8_t>(*at)) & 0xff];
  return ~state;
}

}  // namespace muster::service
