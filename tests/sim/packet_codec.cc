#include "tests/sim/packet_codec.h"

namespace muster::sim {
namespace {

constexpr size_t kLengthBytes = 4;
constexpr size_t kMinPadding = 4;

uint32_t LoadUint32(const char* at) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(at);
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | bytes[3];
}

void StoreUint32(uint32_t value, char* at) {
  for (int i = 0; i < 4; ++i) at[i] = static_cast<char>(value >> (24 - 8 * i));
}

}  // namespace

bool PacketReader::ReadLength(char* data) {
  cipher_->OpenHeader(data);
  length_ = LoadUint32(data);
  const size_t padded = length_ + (cipher_->pads_length() ? kLengthBytes : 0);
  return length_ > kMinPadding && length_ <= kMaxPacketBytes && padded % cipher_->block_size() == 0;
}

PacketReader::Result PacketReader::Next(char* data, size_t size, absl::string_view* message,
                                        size_t* used) {
  if (length_ == 0) {
    if (size < cipher_->header_size()) return Result::kNeedMore;
    if (!ReadLength(data)) return Result::kBad;
  }
  const size_t whole = kLengthBytes + length_ + cipher_->tag_size();
  if (size < whole) return Result::kNeedMore;
  if (!cipher_->Open(sequence_, data, length_)) return Result::kBad;
  const size_t padding = static_cast<unsigned char>(data[kLengthBytes]);
  if (padding + 1 >= length_) return Result::kBad;
  *message = absl::string_view(data + kLengthBytes + 1, length_ - padding - 1);
  *used = whole;
  ++sequence_;
  length_ = 0;
  return Result::kMessage;
}

void PacketWriter::Begin(std::string* out) {
  out_ = out;
  start_ = out->size();
  out->append(kLengthBytes + 1, '\0');
}

// The padding is zeros: nothing here is secret.
void PacketWriter::End() {
  const size_t message = out_->size() - start_ - kLengthBytes - 1;
  const size_t block = cipher_->block_size();
  const size_t counted = message + 1 + (cipher_->pads_length() ? kLengthBytes : 0);
  size_t padding = block - counted % block;
  if (padding < kMinPadding) padding += block;
  const size_t length = message + 1 + padding;
  out_->append(padding + cipher_->tag_size(), '\0');
  char* const packet = &(*out_)[start_];
  StoreUint32(static_cast<uint32_t>(length), packet);
  packet[kLengthBytes] = static_cast<char>(padding);
  cipher_->Seal(sequence_++, packet, length);
}

}  // namespace muster::sim
