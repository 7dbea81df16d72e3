// The bytes of a segment file: a header, then frames.
//
// Numbers are little-endian. The header is kSegmentHeaderSize bytes:
//   8 magic, 4 version, 4 number of the segment, 8 first sequence, 4 salt, 4 CRC32C of what is
//   before
// A frame is kFrameHeaderSize bytes and its payload:
//   3 magic, 1 version, 4 bytes stored, 4 bytes decoded, 4 events, 8 first sequence, 4 codec,
//   4 CRC32C of the payload as stored, 4 CRC32C of what is before
// The CRCs of frames begin with the salt, which is random for each segment: no host can send output
// that passes for a frame when a torn one is looked into.
#ifndef SERVICE_STORE_SEGMENTS_FRAME_H_
#define SERVICE_STORE_SEGMENTS_FRAME_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace muster::service {

constexpr uint32_t kSegmentVersion = 1;
constexpr size_t kSegmentHeaderSize = 32;
constexpr size_t kFrameHeaderSize = 36;
constexpr uint32_t kMaxFrameBytes = 256u << 20;      // decoded; more is damage
constexpr absl::string_view kFrameMagic = "\xf5MF";  // then its version
// Frames of version 1 have the events as old_format.h knows them.
constexpr char kFrameVersion = 2;

struct SegmentHeader {
  uint32_t version = kSegmentVersion;
  uint32_t number = 0;  // from 1
  uint64_t first_sequence = 0;
  uint32_t salt = 0;
};

std::string EncodeSegmentHeader(const SegmentHeader& header);
// None where `bytes` do not begin with a header that is whole.
absl::optional<SegmentHeader> DecodeSegmentHeader(absl::string_view bytes);

enum class Codec : uint32_t { kNone = 0, kLz4 = 1 };

struct FrameHeader {
  char version = kFrameVersion;
  uint32_t stored_size = 0;
  uint32_t size = 0;
  uint32_t count = 0;  // at least one
  uint64_t first_sequence = 0;
  Codec codec = Codec::kNone;
  uint32_t payload_crc = 0;

  uint64_t last_sequence() const { return first_sequence + count - 1; }
  uint64_t frame_size() const { return kFrameHeaderSize + uint64_t{stored_size}; }
};

// Appends a frame of the events `payload` to `to`; compressed where that saves an eighth.
void AppendFrame(uint64_t first_sequence, uint32_t count, absl::string_view payload, uint32_t salt,
                 std::string* to);
// None where `bytes` do not begin with a frame's header that is whole.
absl::optional<FrameHeader> DecodeFrameHeader(absl::string_view bytes, uint32_t salt);
bool PayloadIsWhole(const FrameHeader& header, absl::string_view stored, uint32_t salt);
// Appends what a whole payload holds. False: it is damaged all the same.
bool DecodePayload(const FrameHeader& header, absl::string_view stored, std::string* to);

}  // namespace muster::service

#endif  // SERVICE_STORE_SEGMENTS_FRAME_H_
