#include "service/store/segments/frame_reader.h"

#include <algorithm>
#include <utility>

namespace muster::service {
namespace {

constexpr size_t kBufferBytes = 256 * 1024;

}  // namespace

FrameReader::FrameReader(std::shared_ptr<const File> file, uint32_t salt, uint64_t offset,
                         uint64_t end)
    : file_(std::move(file)), salt_(salt), offset_(offset), end_(end) {}

absl::StatusOr<absl::string_view> FrameReader::Bytes(uint64_t offset, size_t size) {
  if (offset >= end_) return absl::string_view();
  size = static_cast<size_t>(std::min<uint64_t>(size, end_ - offset));
  if (offset < buffer_offset_ || offset + size > buffer_offset_ + filled_) {
    const size_t wanted =
        static_cast<size_t>(std::min<uint64_t>(std::max(size, kBufferBytes), end_ - offset));
    if (buffer_.size() < wanted) buffer_.resize(wanted);
    filled_ = 0;
    absl::StatusOr<size_t> got = file_->ReadAt(offset, &buffer_[0], wanted);
    if (!got.ok()) return got.status();
    buffer_offset_ = offset;
    filled_ = *got;
  }
  return absl::string_view(buffer_).substr(0, filled_).substr(offset - buffer_offset_, size);
}

absl::StatusOr<FrameReader::Found> FrameReader::Look() {
  if (offset_ >= end_) return Found::kEnd;
  const absl::StatusOr<absl::string_view> bytes = Bytes(offset_, kFrameHeaderSize);
  if (!bytes.ok()) return bytes.status();
  const absl::optional<FrameHeader> header = DecodeFrameHeader(*bytes, salt_);
  if (!header.has_value() || header->frame_size() > end_ - offset_) return Found::kBroken;
  header_ = *header;
  return Found::kFrame;
}

absl::StatusOr<absl::optional<absl::string_view>> FrameReader::Payload() {
  const absl::StatusOr<absl::string_view> stored =
      Bytes(offset_ + kFrameHeaderSize, header_.stored_size);
  if (!stored.ok()) return stored.status();
  if (!PayloadIsWhole(header_, *stored, salt_)) return absl::optional<absl::string_view>();
  return absl::make_optional(*stored);
}

absl::StatusOr<bool> FrameReader::FindNext(uint64_t sequence) {
  const uint64_t broken = offset_;
  for (++offset_; offset_ < end_; ++offset_) {
    const absl::StatusOr<absl::string_view> bytes = Bytes(offset_, kBufferBytes / 2);
    if (!bytes.ok()) return bytes.status();
    const size_t at = bytes->find(kFrameMagic);
    if (at == absl::string_view::npos) {
      // The last bytes may be the beginning of one.
      offset_ += std::max(bytes->size(), kFrameMagic.size()) - kFrameMagic.size();
      continue;
    }
    offset_ += at;
    const absl::StatusOr<Found> found = Look();
    if (!found.ok()) return found.status();
    if (*found != Found::kFrame || header_.first_sequence <= sequence) continue;
    const auto payload = Payload();
    if (!payload.ok()) return payload.status();
    if (payload->has_value()) return true;
  }
  offset_ = broken;
  return false;
}

}  // namespace muster::service
