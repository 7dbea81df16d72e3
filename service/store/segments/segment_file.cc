#include "service/store/segments/segment_file.h"

#include <algorithm>
#include <memory>
#include <random>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace muster::service {
namespace {

constexpr absl::string_view kSuffix = ".log";
constexpr uint64_t kIndexBytes = 64 * 1024;   // one entry for so many
constexpr uint64_t kWriteOutBytes = 4 << 20;  // begun at once, so that a sync finds little to do

std::string DamageAt(absl::string_view path, uint64_t offset, absl::string_view what) {
  return absl::StrCat(path, " is damaged at byte ", offset, ": ", what);
}

}  // namespace

std::string SegmentName(absl::string_view run_id, uint32_t number) {
  return absl::StrFormat("%s-%06d%s", run_id, number, kSuffix);
}

bool ParseSegmentName(absl::string_view name, std::string* run_id, uint32_t* number) {
  if (!absl::EndsWith(name, kSuffix)) return false;
  name.remove_suffix(kSuffix.size());
  const size_t dash = name.rfind('-');
  if (dash == absl::string_view::npos || dash == 0) return false;
  *run_id = std::string(name.substr(0, dash));
  return absl::SimpleAtoi(name.substr(dash + 1), number) && *number > 0;
}

absl::StatusOr<SegmentFile> SegmentFile::Create(OpenFiles* files, std::string path, uint32_t number,
                                                uint64_t first_sequence) {
  SegmentFile segment(files, std::move(path));
  segment.header_.number = number;
  segment.header_.first_sequence = first_sequence;
  segment.header_.salt = std::random_device()();
  segment.indexed_ = true;
  auto file = files->Get(segment.path_, /*create=*/true);
  if (!file.ok()) return file.status();
  if (absl::Status status = (*file)->Truncate(0); !status.ok()) return status;
  const std::string header = EncodeSegmentHeader(segment.header_);
  if (absl::Status status = (*file)->WriteAt(0, {header}); !status.ok()) return status;
  segment.size_ = header.size();
  return segment;
}

absl::StatusOr<SegmentFile> SegmentFile::Load(OpenFiles* files, std::string path, uint32_t number) {
  SegmentFile segment(files, std::move(path));
  auto file = files->Get(segment.path_);
  if (!file.ok()) return file.status();
  const absl::StatusOr<uint64_t> size = (*file)->Size();
  if (!size.ok()) return size.status();
  std::string bytes(kSegmentHeaderSize, '\0');
  const absl::StatusOr<size_t> got = (*file)->ReadAt(0, &bytes[0], bytes.size());
  if (!got.ok()) return got.status();
  const auto header = DecodeSegmentHeader(absl::string_view(bytes).substr(0, *got));
  if (!header.has_value() || header->number != number) {
    return absl::DataLossError(DamageAt(segment.path_, 0, "no header of such a segment"));
  }
  if (header->version != kSegmentVersion) {
    return absl::DataLossError(absl::StrCat(segment.path_, " has version ", header->version,
                                            "; this program reads version ", kSegmentVersion));
  }
  segment.header_ = *header;
  segment.size_ = *size;
  return segment;
}

absl::Status SegmentFile::Recover() { return Walk(/*whole=*/true); }

absl::Status SegmentFile::Index() { return indexed_ ? absl::OkStatus() : Walk(/*whole=*/false); }

absl::Status SegmentFile::Walk(bool whole) {
  auto file = files_->Get(path_);
  if (!file.ok()) return file.status();
  index_.clear();
  last_sequence_ = 0;
  FrameReader reader(*file, header_.salt, kSegmentHeaderSize, size_);
  while (reader.offset() < size_) {
    const absl::StatusOr<bool> good = IsGood(&reader, whole);
    if (!good.ok()) return good.status();
    if (*good) {
      Note(reader.header().first_sequence, reader.header().last_sequence(), reader.offset());
      reader.Next();
      continue;
    }
    const uint64_t broken = reader.offset();
    const absl::StatusOr<bool> more = reader.FindNext(last_sequence_);
    if (!more.ok()) return more.status();
    if (*more) {
      NoteDamage(broken, reader);
      continue;
    }
    if (!whole) break;  // who reads it is told
    size_ = broken;
    if (absl::Status status = CutOff(); !status.ok()) return status;
  }
  indexed_ = true;
  return absl::OkStatus();
}

absl::StatusOr<bool> SegmentFile::IsGood(FrameReader* reader, bool whole) const {
  const absl::StatusOr<FrameReader::Found> found = reader->Look();
  if (!found.ok()) return found.status();
  if (*found != FrameReader::Found::kFrame) return false;
  if (reader->header().first_sequence <= last_sequence_) return false;
  if (!whole) return true;
  const auto payload = reader->Payload();
  if (!payload.ok()) return payload.status();
  return payload->has_value();
}

// What follows the damage gets an entry of its own, so that it is found without passing the damage.
void SegmentFile::NoteDamage(uint64_t offset, const FrameReader& next) {
  if (damage_.empty()) damage_ = DamageAt(path_, offset, "whole records follow a broken one");
  index_.push_back({next.header().first_sequence, next.offset()});
}

absl::Status SegmentFile::CutOff() {
  auto file = files_->Get(path_);
  if (!file.ok()) return file.status();
  overhang_ = true;
  absl::Status status = (*file)->Truncate(size_);
  if (status.ok()) overhang_ = false;
  return status;
}

void SegmentFile::Note(uint64_t first_sequence, uint64_t last_sequence, uint64_t offset) {
  if (index_.empty() || offset >= index_.back().offset + kIndexBytes) {
    index_.push_back({first_sequence, offset});
  }
  last_sequence_ = last_sequence;
}

absl::Status SegmentFile::Append(absl::string_view frames, uint64_t first_sequence,
                                 uint64_t last_sequence) {
  if (overhang_) {
    if (absl::Status status = CutOff(); !status.ok()) return status;
  }
  auto file = files_->Get(path_);
  if (!file.ok()) return file.status();
  absl::Status status = (*file)->WriteAt(size_, {frames});
  if (!status.ok()) {
    (void)CutOff();  // else the next Append does it
    return status;
  }
  Note(first_sequence, last_sequence, size_);
  size_ += frames.size();
  if (size_ - begun_ >= kWriteOutBytes) BeginSync();
  return absl::OkStatus();
}

void SegmentFile::BeginSync() {
  auto file = files_->Get(path_);
  if (!file.ok() || begun_ >= size_) return;
  (*file)->BeginSync(begun_, size_ - begun_);
  begun_ = size_;
}

absl::Status SegmentFile::Sync() {
  if (synced()) return absl::OkStatus();
  auto file = files_->Get(path_);
  if (!file.ok()) return file.status();
  if (sync_failed_) {
    if (absl::Status status = WriteAgain(file->get()); !status.ok()) return status;
  }
  absl::Status status = (*file)->Sync();
  sync_failed_ = !status.ok();
  if (status.ok()) synced_ = begun_ = size_;
  return status;
}

absl::StatusOr<absl::optional<std::string>> SegmentFile::Unsynced(uint64_t most) const {
  if (sync_failed_ || size_ - synced_ > most) return absl::optional<std::string>();
  auto file = files_->Get(path_);
  if (!file.ok()) return file.status();
  std::string bytes(size_ - synced_, '\0');
  const absl::StatusOr<size_t> got = (*file)->ReadAt(synced_, &bytes[0], bytes.size());
  if (!got.ok()) return got.status();
  if (*got < bytes.size()) return absl::optional<std::string>();
  return absl::make_optional(std::move(bytes));
}

absl::Status SegmentFile::WriteAgain(File* file) {
  std::string bytes(kWriteOutBytes, '\0');
  for (uint64_t offset = synced_; offset < size_;) {
    const size_t size = static_cast<size_t>(std::min<uint64_t>(bytes.size(), size_ - offset));
    const absl::StatusOr<size_t> got = file->ReadAt(offset, &bytes[0], size);
    if (!got.ok()) return got.status();
    if (*got == 0) break;
    const absl::string_view part = absl::string_view(bytes).substr(0, *got);
    if (absl::Status status = file->WriteAt(offset, {part}); !status.ok()) return status;
    offset += *got;
  }
  return absl::OkStatus();
}

uint64_t SegmentFile::OffsetOf(uint64_t sequence) const {
  const auto after = std::upper_bound(
      index_.begin(), index_.end(), sequence,
      [](uint64_t wanted, const Position& position) { return wanted < position.sequence; });
  return after == index_.begin() ? kSegmentHeaderSize : std::prev(after)->offset;
}

}  // namespace muster::service
