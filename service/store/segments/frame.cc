#include "service/store/segments/frame.h"

#include <lz4.h>

#include <memory>

#include "absl/strings/match.h"
#include "service/store/old_format.h"
#include "service/store/segments/crc32c.h"

namespace muster::service {
namespace {

constexpr absl::string_view kSegmentMagic = "MUSTRLOG";
constexpr size_t kMinCompressed = 512;  // below, a frame's header outweighs what is saved

template <typename T>
void Put(T value, std::string* to) {
  for (size_t i = 0; i < sizeof(T); ++i) to->push_back(static_cast<char>(value >> (8 * i)));
}

template <typename T>
T Get(absl::string_view bytes, size_t at) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    value |= static_cast<T>(static_cast<uint8_t>(bytes[at + i])) << (8 * i);
  }
  return value;
}

// Appends `payload` compressed. False, and nothing done: it does not pay.
bool AppendCompressed(absl::string_view payload, std::string* to) {
  if (payload.size() < kMinCompressed) return false;
  const size_t worth = payload.size() - payload.size() / 8;
  const std::unique_ptr<char[]> room(new char[worth]);  // in `to` it would have to be cleared first
  // With less room than the worst case it gives up as soon as it does not fit.
  const int size = LZ4_compress_default(payload.data(), room.get(),
                                        static_cast<int>(payload.size()), static_cast<int>(worth));
  if (size > 0) to->append(room.get(), static_cast<size_t>(size));
  return size > 0;
}

std::string EncodeFrameHeader(const FrameHeader& header, uint32_t salt) {
  std::string bytes(kFrameMagic);
  bytes.push_back(header.version);
  Put(header.stored_size, &bytes);
  Put(header.size, &bytes);
  Put(header.count, &bytes);
  Put(header.first_sequence, &bytes);
  Put(static_cast<uint32_t>(header.codec), &bytes);
  Put(header.payload_crc, &bytes);
  Put(Crc32c(salt, bytes), &bytes);
  return bytes;
}

bool IsPossible(const FrameHeader& header) {
  if (header.version < 1 || header.version > kFrameVersion) return false;
  if (header.count == 0 || header.first_sequence == 0 || header.size > kMaxFrameBytes) return false;
  if (header.codec == Codec::kNone) return header.stored_size == header.size;
  return header.codec == Codec::kLz4 && header.stored_size < header.size;
}

}  // namespace

std::string EncodeSegmentHeader(const SegmentHeader& header) {
  std::string bytes(kSegmentMagic);
  Put(header.version, &bytes);
  Put(header.number, &bytes);
  Put(header.first_sequence, &bytes);
  Put(header.salt, &bytes);
  Put(Crc32c(0, bytes), &bytes);
  return bytes;
}

absl::optional<SegmentHeader> DecodeSegmentHeader(absl::string_view bytes) {
  if (bytes.size() < kSegmentHeaderSize || !absl::StartsWith(bytes, kSegmentMagic)) return {};
  if (Get<uint32_t>(bytes, 28) != Crc32c(0, bytes.substr(0, 28))) return {};
  SegmentHeader header;
  header.version = Get<uint32_t>(bytes, 8);
  header.number = Get<uint32_t>(bytes, 12);
  header.first_sequence = Get<uint64_t>(bytes, 16);
  header.salt = Get<uint32_t>(bytes, 24);
  return header;
}

void AppendFrame(uint64_t first_sequence, uint32_t count, absl::string_view payload, uint32_t salt,
                 std::string* to) {
  const size_t start = to->size();
  to->append(kFrameHeaderSize, '\0');
  FrameHeader header;
  header.codec = AppendCompressed(payload, to) ? Codec::kLz4 : Codec::kNone;
  if (header.codec == Codec::kNone) to->append(payload.data(), payload.size());
  const absl::string_view stored = absl::string_view(*to).substr(start + kFrameHeaderSize);
  header.stored_size = static_cast<uint32_t>(stored.size());
  header.size = static_cast<uint32_t>(payload.size());
  header.count = count;
  header.first_sequence = first_sequence;
  header.payload_crc = Crc32c(salt, stored);
  to->replace(start, kFrameHeaderSize, EncodeFrameHeader(header, salt));
}

absl::optional<FrameHeader> DecodeFrameHeader(absl::string_view bytes, uint32_t salt) {
  if (bytes.size() < kFrameHeaderSize || !absl::StartsWith(bytes, kFrameMagic)) return {};
  if (Get<uint32_t>(bytes, 32) != Crc32c(salt, bytes.substr(0, 32))) return {};
  FrameHeader header;
  header.version = bytes[3];
  header.stored_size = Get<uint32_t>(bytes, 4);
  header.size = Get<uint32_t>(bytes, 8);
  header.count = Get<uint32_t>(bytes, 12);
  header.first_sequence = Get<uint64_t>(bytes, 16);
  header.codec = static_cast<Codec>(Get<uint32_t>(bytes, 24));
  header.payload_crc = Get<uint32_t>(bytes, 28);
  if (!IsPossible(header)) return {};
  return header;
}

bool PayloadIsWhole(const FrameHeader& header, absl::string_view stored, uint32_t salt) {
  return stored.size() == header.stored_size && Crc32c(salt, stored) == header.payload_crc;
}

namespace {

bool Decompress(const FrameHeader& header, absl::string_view stored, std::string* to) {
  if (header.codec == Codec::kNone) {
    to->append(stored.data(), stored.size());
    return true;
  }
  const size_t start = to->size();
  to->resize(start + header.size);
  const int size = LZ4_decompress_safe(
      stored.data(), &(*to)[start], static_cast<int>(stored.size()), static_cast<int>(header.size));
  if (size == static_cast<int>(header.size)) return true;
  to->resize(start);
  return false;
}

}  // namespace

bool DecodePayload(const FrameHeader& header, absl::string_view stored, std::string* to) {
  if (header.version == kFrameVersion) return Decompress(header, stored, to);
  std::string old;
  if (!Decompress(header, stored, &old)) return false;
  const absl::optional<std::string> renewed = RenewEvents(old);
  if (renewed.has_value()) to->append(*renewed);
  return renewed.has_value();
}

}  // namespace muster::service
