#include "service/store/segments/segmented_log.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/events/event_block.h"

namespace muster::service {
namespace {

constexpr size_t kJoinedBytes = 64 * 1024;  // of the blocks that become one frame
constexpr size_t kKeptCapacity = 1 << 20;   // of the writer's buffers
constexpr size_t kReservedBytes = 4 << 20;  // for what is read

// Whether a file has no record at all: what the loss of power may leave of one that was just made.
absl::StatusOr<bool> IsBlank(OpenFiles* files, const std::string& path) {
  auto file = files->Get(path);
  if (!file.ok()) return file.status();
  std::string bytes(64 * 1024, '\0');
  for (uint64_t offset = 0;; offset += bytes.size() - kFrameMagic.size()) {
    const absl::StatusOr<size_t> got = (*file)->ReadAt(offset, &bytes[0], bytes.size());
    if (!got.ok()) return got.status();
    const absl::string_view part = absl::string_view(bytes).substr(0, *got);
    if (part.find(kFrameMagic) != absl::string_view::npos) return false;
    if (*got < bytes.size()) return true;
  }
}

// Takes the events before `wanted` off `bytes`, which begin with `first`.
void CutFront(uint64_t first, uint64_t wanted, std::string* bytes) {
  if (first < wanted) bytes->erase(0, SkipEvents(*bytes, wanted - first));
}

}  // namespace

absl::StatusOr<std::shared_ptr<SegmentedLog>> SegmentedLog::Open(
    Place place, const std::vector<uint32_t>& numbers, absl::optional<uint64_t> ended_at) {
  std::shared_ptr<SegmentedLog> log(new SegmentedLog(std::move(place)));
  if (absl::Status status = log->LoadSegments(numbers); !status.ok()) return status;
  MutexLock lock(&log->mutex_);
  if (ended_at.has_value()) {
    log->last_sequence_ = *ended_at;
  } else if (absl::Status status = log->RecoverLast(); !status.ok()) {
    return status;
  }
  return log;
}

std::string SegmentedLog::PathOf(uint32_t number) const {
  return absl::StrCat(place_.folder, "/", SegmentName(place_.run_id, number));
}

absl::Status SegmentedLog::LoadSegments(const std::vector<uint32_t>& numbers) {
  MutexLock lock(&mutex_);
  for (const uint32_t number : numbers) {
    absl::StatusOr<SegmentFile> segment = SegmentFile::Load(place_.files, PathOf(number), number);
    if (!segment.ok() && !absl::IsDataLoss(segment.status())) return segment.status();
    if (!segment.ok()) {
      const absl::StatusOr<bool> blank = IsBlank(place_.files, PathOf(number));
      if (!blank.ok()) return blank.status();
      if (*blank && number == numbers.back()) break;  // it was being made
      damage_ = std::string(segment.status().message());
    } else {
      segments_.push_back(*std::move(segment));
    }
    numbers_.push_back(number);
    fresh_segment_ = !damage_.empty();
  }
  return absl::OkStatus();
}

absl::Status SegmentedLog::RecoverLast() {
  if (segments_.empty()) return absl::OkStatus();
  SegmentFile& last = segments_.back();
  if (absl::Status status = last.Recover(); !status.ok()) return status;
  // One that has just been begun is empty: what is before it is known from its header.
  last_sequence_ = std::max(last.last_sequence(), last.first_sequence() - 1);
  if (last.damage().empty()) return absl::OkStatus();
  damage_ = last.damage();
  fresh_segment_ = true;
  return absl::OkStatus();
}

absl::Status SegmentedLog::Follows(absl::Span<const LogBlock> blocks) const {
  uint64_t next = last_sequence_ + 1;
  for (const LogBlock& block : blocks) {
    if (block.first_sequence != next || block.count == 0 || block.bytes.size() > kMaxFrameBytes) {
      return absl::OutOfRangeError(absl::StrCat(
          "run ", place_.run_id, ": a block of ", block.count, " events, ", block.bytes.size(),
          " bytes, from ", block.first_sequence, "; its log goes on with ", next));
    }
    next += block.count;
  }
  return absl::OkStatus();
}

absl::Status SegmentedLog::BeginSegment(bool* made) {
  *made = true;
  const uint32_t number = numbers_.empty() ? 1 : numbers_.back() + 1;
  absl::StatusOr<SegmentFile> segment =
      SegmentFile::Create(place_.files, PathOf(number), number, last_sequence_ + 1);
  if (!segment.ok()) return segment.status();
  segments_.push_back(*std::move(segment));
  numbers_.push_back(number);
  fresh_segment_ = false;
  return absl::OkStatus();
}

void SegmentedLog::Encode(absl::Span<const LogBlock> blocks, uint32_t salt) {
  frames_.clear();
  for (size_t i = 0; i < blocks.size();) {
    const LogBlock& first = blocks[i++];
    uint32_t count = first.count;
    absl::string_view bytes = first.bytes;
    joined_.clear();
    while (i < blocks.size() && bytes.size() + blocks[i].bytes.size() <= kJoinedBytes) {
      if (joined_.empty()) joined_.assign(bytes.data(), bytes.size());
      joined_.append(blocks[i].bytes.data(), blocks[i].bytes.size());
      bytes = joined_;
      count += blocks[i++].count;
    }
    AppendFrame(first.first_sequence, count, bytes, salt, &frames_);
  }
}

absl::Status SegmentedLog::Append(absl::Span<const LogBlock> blocks, bool* made) {
  if (blocks.empty()) return absl::OkStatus();
  bool full = false;
  {
    MutexLock lock(&mutex_);
    if (absl::Status status = Follows(blocks); !status.ok()) return status;
    full = !segments_.empty() && segments_.back().size() >= place_.segment_bytes;
  }
  if (full) {  // so that only the last segment can have a torn end
    if (absl::Status status = Sync(); !status.ok()) return status;
  }
  MutexLock lock(&mutex_);
  if (segments_.empty() || full || fresh_segment_) {
    if (absl::Status status = BeginSegment(made); !status.ok()) return status;
  }
  SegmentFile& segment = segments_.back();
  Encode(blocks, segment.salt());
  const uint64_t last = blocks.back().first_sequence + blocks.back().count - 1;
  absl::Status status = segment.Append(frames_, blocks.front().first_sequence, last);
  if (status.ok()) last_sequence_ = last;
  if (frames_.capacity() > kKeptCapacity) std::string().swap(frames_);
  return status;
}

// Only the writer changes what a sync looks at, so it needs no lock while it waits for the disk.
absl::Status SegmentedLog::Sync() {
  SegmentFile* last = nullptr;
  {
    MutexLock lock(&mutex_);
    if (!segments_.empty()) last = &segments_.back();
  }
  return last == nullptr ? absl::OkStatus() : last->Sync();
}

absl::StatusOr<absl::optional<LogEnd>> SegmentedLog::UnsyncedEnd(uint64_t most) const {
  LogEnd end;
  end.run_id = place_.run_id;
  MutexLock lock(&mutex_);
  if (segments_.empty()) return absl::make_optional(std::move(end));
  // The name of an earlier file may not be durable, either.
  if (numbers_.size() > 1) return absl::optional<LogEnd>();
  const SegmentFile& last = segments_.back();
  absl::StatusOr<absl::optional<std::string>> bytes = last.Unsynced(most);
  if (!bytes.ok()) return bytes.status();
  if (!bytes->has_value()) return absl::optional<LogEnd>();
  end.segment = last.number();
  end.offset = last.durable();
  end.bytes = **std::move(bytes);
  return absl::make_optional(std::move(end));
}

void SegmentedLog::BeginSync() {
  MutexLock lock(&mutex_);
  if (!segments_.empty()) segments_.back().BeginSync();
}

absl::StatusOr<SegmentedLog::Start> SegmentedLog::Find(uint64_t sequence) const {
  MutexLock lock(&mutex_);
  Start start;
  start.last_sequence = last_sequence_;
  if (sequence > last_sequence_) return start;
  const auto next = std::upper_bound(segments_.begin(), segments_.end(), sequence,
                                     [](uint64_t wanted, const SegmentFile& segment) {
                                       return wanted < segment.first_sequence();
                                     });
  if (next == segments_.begin()) return absl::DataLossError(Lost(PathOf(1), 0, sequence));
  SegmentFile& segment = *std::prev(next);
  if (absl::Status status = segment.Index(); !status.ok()) return status;
  start.path = segment.path();
  auto file = place_.files->Get(start.path);
  if (!file.ok()) return file.status();
  start.reader.emplace(*file, segment.salt(), segment.OffsetOf(sequence), segment.size());
  return start;
}

absl::StatusOr<bool> SegmentedLog::ReadFrame(FrameReader* reader, size_t max_bytes, LogPart* part) {
  const uint64_t wanted = part->last_sequence + 1;
  while (true) {
    const absl::StatusOr<FrameReader::Found> found = reader->Look();
    if (!found.ok()) return found.status();
    if (*found != FrameReader::Found::kFrame) return false;
    if (reader->header().last_sequence() >= wanted) break;
    reader->Next();
  }
  const FrameHeader& header = reader->header();
  const bool fits = part->bytes.empty() || part->bytes.size() + header.size <= max_bytes;
  if (header.first_sequence > wanted || !fits) return false;
  const auto payload = reader->Payload();
  if (!payload.ok()) return payload.status();
  if (!payload->has_value() || !DecodePayload(header, **payload, &part->bytes)) return false;
  CutFront(header.first_sequence, wanted, &part->bytes);
  part->last_sequence = header.last_sequence();
  reader->Next();
  return true;
}

absl::StatusOr<LogPart> SegmentedLog::Read(uint64_t after, size_t max_bytes) const {
  LogPart part;
  part.last_sequence = after;
  absl::StatusOr<Start> start = Find(after + 1);
  if (!start.ok()) return start.status();
  if (!start->reader.has_value()) return part;
  part.bytes.reserve(std::min(max_bytes, kReservedBytes));
  while (part.bytes.size() < max_bytes || part.bytes.empty()) {
    const absl::StatusOr<bool> more = ReadFrame(&*start->reader, max_bytes, &part);
    if (!more.ok()) return more.status();
    if (!*more) break;
  }
  if (part.bytes.empty()) {
    return absl::DataLossError(Lost(start->path, start->reader->offset(), after + 1));
  }
  part.more = part.last_sequence < start->last_sequence;
  return part;
}

std::string SegmentedLog::Lost(const std::string& path, uint64_t offset, uint64_t sequence) const {
  return absl::StrCat(path, ": at byte ", offset, " there should be event ", sequence, " of run ",
                      place_.run_id, ", but the file is damaged or ends there");
}

absl::Status SegmentedLog::Remove() {
  MutexLock lock(&mutex_);
  for (const uint32_t number : numbers_) {
    place_.files->Drop(PathOf(number));
    absl::Status status = place_.files->files()->Remove(PathOf(number));
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

uint64_t SegmentedLog::last_sequence() const {
  MutexLock lock(&mutex_);
  return last_sequence_;
}

std::string SegmentedLog::damage() const {
  MutexLock lock(&mutex_);
  return damage_;
}

std::vector<uint32_t> SegmentedLog::numbers() const {
  MutexLock lock(&mutex_);
  return numbers_;
}

uint64_t SegmentedLog::bytes() const {
  MutexLock lock(&mutex_);
  uint64_t bytes = 0;
  for (const SegmentFile& segment : segments_) bytes += segment.size();
  return bytes;
}

}  // namespace muster::service
