#include "service/events/event_block.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <utility>

namespace muster::service {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;

constexpr char Tag(int field, WireFormatLite::WireType type) {
  return static_cast<char>(field << 3 | type);
}

constexpr char kEventsTag = Tag(1, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
constexpr char kSequenceTag =
    Tag(v1::Event::kSequenceFieldNumber, WireFormatLite::WIRETYPE_FIXED64);
constexpr char kTimeTag =
    Tag(v1::Event::kTimeFieldNumber, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
constexpr char kOutputTag =
    Tag(v1::Event::kOutputFieldNumber, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
constexpr char kSecondsTag = Tag(1, WireFormatLite::WIRETYPE_VARINT);
constexpr char kNanosTag = Tag(2, WireFormatLite::WIRETYPE_VARINT);

// A loop flushes its observers at 32 KiB; one line may be longer.
constexpr size_t kKeptCapacity = 256 * 1024;

// Varints of a fixed width: the encoding allows leading zeros. 35 bits hold the seconds until 3058.
constexpr size_t kWideVarint = 5;
constexpr size_t kTimeSize = 2 * (1 + kWideVarint);
// Sequence and time with their tags.
constexpr size_t kStampSize = 1 + 8 + 2 + kTimeSize;

char* PutFixed64(uint64_t value, char* at) {
  for (int i = 0; i < 8; ++i) *at++ = static_cast<char>(value >> (8 * i));
  return at;
}

char* PutWideVarint(uint64_t value, char* at) {
  for (size_t i = 0; i < kWideVarint; ++i) {
    const bool last = i + 1 == kWideVarint;
    *at++ = static_cast<char>((value >> (7 * i) & 0x7f) | (last ? 0 : 0x80));
  }
  return at;
}

void AppendVarint(uint64_t value, std::string* to) {
  while (value >= 0x80) {
    to->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  to->push_back(static_cast<char>(value));
}

size_t VarintSize(uint64_t value) { return CodedOutputStream::VarintSize64(value); }

void AppendVarintField(int field, uint64_t value, std::string* to) {
  to->push_back(Tag(field, WireFormatLite::WIRETYPE_VARINT));
  AppendVarint(value, to);
}

}  // namespace

void EventBlock::Begin(size_t size) {
  bytes_.push_back(kEventsTag);
  AppendVarint(kStampSize + size, &bytes_);
  bytes_.push_back(kSequenceTag);
  stamps_.push_back(bytes_.size());
  bytes_.append(kStampSize - 1, '\0');
}

void EventBlock::Add(const v1::Event& event) {
  v1::Event kind = event;
  kind.clear_sequence();
  kind.clear_time();
  Begin(kind.ByteSizeLong());
  kind.AppendToString(&bytes_);
}

void EventBlock::AddOutput(uint32_t host_index, v1::OutputStream stream, absl::string_view data,
                           bool unterminated, bool split) {
  const size_t inner = 1 + VarintSize(host_index) + 1 + VarintSize(stream) + 1 +
                       VarintSize(data.size()) + data.size() + (unterminated ? 2 : 0) +
                       (split ? 2 : 0);
  Begin(1 + VarintSize(inner) + inner);
  bytes_.push_back(kOutputTag);
  AppendVarint(inner, &bytes_);
  AppendVarintField(v1::HostOutput::kHostIndexFieldNumber, host_index, &bytes_);
  AppendVarintField(v1::HostOutput::kStreamFieldNumber, stream, &bytes_);
  bytes_.push_back(
      Tag(v1::HostOutput::kDataFieldNumber, WireFormatLite::WIRETYPE_LENGTH_DELIMITED));
  AppendVarint(data.size(), &bytes_);
  bytes_.append(data.data(), data.size());
  if (unterminated) AppendVarintField(v1::HostOutput::kUnterminatedFieldNumber, 1, &bytes_);
  if (split) AppendVarintField(v1::HostOutput::kSplitFieldNumber, 1, &bytes_);
}

void EventBlock::Stamp(uint64_t first, absl::Time time) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  const int64_t nanos = absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds));
  for (const size_t stamp : stamps_) {
    char* at = PutFixed64(first++, &bytes_[stamp]);
    *at++ = kTimeTag;
    *at++ = static_cast<char>(kTimeSize);
    *at++ = kSecondsTag;
    at = PutWideVarint(static_cast<uint64_t>(seconds), at);
    *at++ = kNanosTag;
    PutWideVarint(static_cast<uint64_t>(nanos), at);
  }
}

void EventBlock::Join(const EventBlock& other) {
  for (const size_t stamp : other.stamps_) stamps_.push_back(bytes_.size() + stamp);
  bytes_.append(other.bytes_);
}

EventBlock EventBlock::TakeCopy() {
  EventBlock copy(*this);
  stamps_.clear();
  bytes_.clear();
  if (bytes_.capacity() > kKeptCapacity) bytes_.shrink_to_fit();
  return copy;
}

std::string EventBlock::Take() {
  stamps_.clear();
  return std::exchange(bytes_, std::string());
}

size_t SkipEvents(absl::string_view block, size_t count) {
  CodedInputStream in(reinterpret_cast<const uint8_t*>(block.data()),
                      static_cast<int>(block.size()));
  uint32_t size = 0;
  for (; count > 0; --count) {
    if (in.ReadTag() == 0 || !in.ReadVarint32(&size) || !in.Skip(static_cast<int>(size))) break;
  }
  return static_cast<size_t>(in.CurrentPosition());
}

}  // namespace muster::service
