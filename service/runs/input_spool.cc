#include "service/runs/input_spool.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "service/store/segments/file_system.h"

namespace muster::service {
namespace {

// Of one read from the disk: what a session takes at a time.
constexpr uint64_t kDiskBytes = 32 << 10;

absl::Status DiskError(absl::string_view what) {
  return FileError(errno, what, "the input of a run");
}

}  // namespace

absl::StatusOr<std::unique_ptr<InputSpool>> InputSpool::Open(const std::string& folder) {
  UniqueFd file(open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file.get() < 0) return DiskError("make a file for");
  return std::unique_ptr<InputSpool>(new InputSpool(std::move(file)));
}

absl::Status InputSpool::Append(absl::string_view data) {
  if (data.empty()) return absl::OkStatus();
  const uint64_t at = size();
  const absl::Status written = Write(data, at);
  if (!written.ok()) return written;
  MutexLock lock(&mutex_);
  newest_.emplace(at, std::make_shared<const std::string>(data));
  size_ += data.size();
  memory_ += data.size() + kBlockOverhead;
  while (memory_ > kMemoryBytes && newest_.size() > 1) {
    memory_ -= newest_.begin()->second->size() + kBlockOverhead;
    newest_.erase(newest_.begin());
  }
  return absl::OkStatus();
}

absl::Status InputSpool::Write(absl::string_view data, uint64_t at) {
  while (!data.empty()) {
    const ssize_t written = pwrite(file_.get(), data.data(), data.size(), static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return DiskError("write");
    at += static_cast<uint64_t>(written);
    data.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

uint64_t InputSpool::size() const {
  MutexLock lock(&mutex_);
  return size_;
}

engine::InputPiece InputSpool::FromMemory(uint64_t position, uint64_t size) const {
  MutexLock lock(&mutex_);
  auto it = newest_.upper_bound(position);
  if (it == newest_.begin()) return {};
  --it;
  const absl::string_view block = *it->second;
  const size_t from = static_cast<size_t>(position - it->first);
  if (from >= block.size()) return {};
  return {it->second, block.substr(from, static_cast<size_t>(size)), false, ""};
}

engine::InputPiece InputSpool::FromDisk(uint64_t position, uint64_t size) const {
  std::string bytes(static_cast<size_t>(std::min(kDiskBytes, size)), '\0');
  const ssize_t read = pread(file_.get(), &bytes[0], bytes.size(), static_cast<off_t>(position));
  if (read == 0) errno = EIO;  // it is there
  if (read <= 0) {
    return {nullptr, "", false, std::string(DiskError("read").message())};
  }
  bytes.resize(static_cast<size_t>(read));
  const auto owner = std::make_shared<const std::string>(std::move(bytes));
  return {owner, *owner, false, ""};
}

}  // namespace muster::service
