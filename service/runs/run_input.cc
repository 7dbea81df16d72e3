#include "service/runs/run_input.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "proto/contract/error_details.h"
#include "service/store/segments/file_system.h"

namespace muster::service {
namespace {

// Of one read from the disk: what a session takes at a time.
constexpr size_t kDiskBytes = 32 << 10;

absl::Status DiskError(absl::string_view what) {
  return WithReason(FileError(errno, what, "the input of a run"), v1::ERROR_REASON_DISK_FULL);
}

absl::Status TakesNone(absl::string_view why) {
  return WithReason(absl::FailedPreconditionError(why), v1::ERROR_REASON_RUN_STATE);
}

}  // namespace

absl::StatusOr<std::shared_ptr<RunInput>> RunInput::Open(const std::string& folder,
                                                         HelperPool* helpers) {
  UniqueFd file(open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file.get() < 0) return DiskError("no file could be made for");
  return std::shared_ptr<RunInput>(new RunInput(std::move(file), helpers));
}

// What of it is new and may be taken now.
absl::StatusOr<absl::string_view> RunInput::PartToTake(uint64_t offset,
                                                       absl::string_view data) const {
  if (closed_) return TakesNone("the run has ended, and reads no input any more");
  if (offset > size_) {
    return absl::OutOfRangeError(absl::StrCat(
        "offset: ", offset, "; the input that has been taken has ", size_, " bytes: go on there"));
  }
  data.remove_prefix(std::min<uint64_t>(size_ - offset, data.size()));
  if (data.empty()) return data;
  if (ended_) return TakesNone("the input of this run has ended already");
  if (size_ + data.size() > kMostBytes) {
    return WithReason(absl::ResourceExhaustedError(
                          absl::StrCat("a run's input has at most ", kMostBytes, " bytes")),
                      v1::ERROR_REASON_REQUEST_TOO_LARGE);
  }
  return data.substr(0, kMostAhead - std::min(size_ - read_, kMostAhead));
}

absl::StatusOr<RunInput::Taken> RunInput::Add(uint64_t offset, absl::string_view data, bool end) {
  MutexLock adding(&adding_);
  absl::string_view part;
  {
    MutexLock lock(&mutex_);
    const absl::StatusOr<absl::string_view> wanted = PartToTake(offset, data);
    if (!wanted.ok()) return wanted.status();
    part = *wanted;
  }
  const absl::Status written = Write(part);
  if (!written.ok()) return written;
  std::vector<Later> told;
  Taken taken;
  {
    MutexLock lock(&mutex_);
    Keep(part);
    ended_ = ended_ || (end && offset + data.size() == size_);
    taken = {size_, ended_};
    if (!part.empty() || ended_) told = std::exchange(waiting_, {});
  }
  for (Later& later : told) Call(std::move(later), engine::InputPiece());  // they ask again
  return taken;
}

// By Add alone, so size_ stands still.
absl::Status RunInput::Write(absl::string_view data) {
  uint64_t at = 0;
  {
    MutexLock lock(&mutex_);
    at = size_;
  }
  while (!data.empty()) {
    const ssize_t written = pwrite(file_.get(), data.data(), data.size(), static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return DiskError("could not write");
    at += static_cast<uint64_t>(written);
    data.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

void RunInput::Keep(absl::string_view data) {
  if (data.empty()) return;
  newest_.emplace(size_, std::make_shared<const std::string>(data));
  size_ += data.size();
  memory_ += data.size();
  while (memory_ > kMemoryBytes && newest_.size() > 1) {
    memory_ -= newest_.begin()->second->size();
    newest_.erase(newest_.begin());
  }
}

void RunInput::Close() {
  MutexLock calling(&calling_);
  MutexLock lock(&mutex_);
  closed_ = true;
  newest_.clear();
  waiting_.clear();
}

// The loops may be gone once it is closed.
void RunInput::Call(Later later, engine::InputPiece piece) {
  MutexLock calling(&calling_);
  {
    MutexLock lock(&mutex_);
    if (closed_) return;
  }
  later(std::move(piece));
}

engine::InputPiece RunInput::InMemory(uint64_t position) const {
  auto it = newest_.upper_bound(position);
  if (it == newest_.begin()) return {};
  --it;
  const size_t from = static_cast<size_t>(position - it->first);
  if (from >= it->second->size()) return {};
  return {it->second, absl::string_view(*it->second).substr(from), false, ""};
}

engine::InputPiece RunInput::FromDisk(uint64_t position, uint64_t size) const {
  std::string bytes(static_cast<size_t>(std::min<uint64_t>(kDiskBytes, size - position)), '\0');
  const ssize_t read = pread(file_.get(), &bytes[0], bytes.size(), static_cast<off_t>(position));
  if (read <= 0) {
    return {nullptr, "", false, std::string(DiskError("could not read").message())};
  }
  bytes.resize(static_cast<size_t>(read));
  const auto owner = std::make_shared<const std::string>(std::move(bytes));
  return {owner, *owner, false, ""};
}

engine::InputPiece RunInput::Read(uint64_t position, Later later) {
  uint64_t size = 0;
  {
    MutexLock lock(&mutex_);
    read_ = std::max(read_, position);
    if (position == size_ && ended_) return {nullptr, "", true, ""};
    if (closed_) return {};
    if (position >= size_) {
      waiting_.push_back(std::move(later));
      return {};
    }
    engine::InputPiece piece = InMemory(position);
    if (!piece.bytes.empty()) return piece;
    size = size_;
  }
  helpers_->Run([self = shared_from_this(), position, size, later = std::move(later)]() mutable {
    self->Call(std::move(later), self->FromDisk(position, size));
  });
  return {};
}

}  // namespace muster::service
