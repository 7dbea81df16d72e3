// CRC32C (Castagnoli; RFC 3720, B.4).
#ifndef SERVICE_STORE_SEGMENTS_CRC32C_H_
#define SERVICE_STORE_SEGMENTS_CRC32C_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace muster::service {

// Of `bytes`, going on from `crc`, which is that of what is before them. With the processor's
// instruction where it has one.
uint32_t Crc32c(uint32_t crc, absl::string_view bytes);

// By table: what other processors do. For tests.
uint32_t Crc32cByTable(uint32_t crc, absl::string_view bytes);

}  // namespace muster::service

#endif  // SERVICE_STORE_SEGMENTS_CRC32C_H_
