#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/contract/error_details.h"
#include "service/store/segments/file_system.h"
#include "ssh_engine/base/unique_fd.h"

namespace muster::service {
namespace {

constexpr size_t kMaxParts = 256;  // of one system call; the limit is 1024

class PosixFile final : public File {
 public:
  PosixFile(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  absl::StatusOr<size_t> ReadAt(uint64_t offset, char* to, size_t size) const override;
  absl::Status WriteAt(uint64_t offset, absl::Span<const absl::string_view> parts) override;
  absl::Status Truncate(uint64_t size) override {
    return ftruncate(fd_.get(), static_cast<off_t>(size)) == 0 ? absl::OkStatus()
                                                               : Failed("shorten");
  }
  absl::Status Sync() override {
    return fdatasync(fd_.get()) == 0 ? absl::OkStatus() : Failed("sync");
  }
  void BeginSync(uint64_t offset, uint64_t size) override {
    (void)sync_file_range(fd_.get(), static_cast<off_t>(offset), static_cast<off_t>(size),
                          SYNC_FILE_RANGE_WRITE);
  }
  absl::StatusOr<uint64_t> Size() const override {
    struct stat info = {};
    if (fstat(fd_.get(), &info) != 0) return Failed("stat");
    return static_cast<uint64_t>(info.st_size);
  }

 private:
  absl::Status Failed(absl::string_view what) const { return FileError(errno, what, path_); }

  const std::string path_;
  const UniqueFd fd_;
};

absl::StatusOr<size_t> PosixFile::ReadAt(uint64_t offset, char* to, size_t size) const {
  size_t done = 0;
  while (done < size) {
    const ssize_t got = pread(fd_.get(), to + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed("read");
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

// Takes `size` bytes off the front.
void Consume(std::vector<iovec>* parts, size_t size) {
  auto part = parts->begin();
  while (part != parts->end() && size >= part->iov_len) size -= (part++)->iov_len;
  parts->erase(parts->begin(), part);
  if (parts->empty()) return;
  parts->front().iov_base = static_cast<char*>(parts->front().iov_base) + size;
  parts->front().iov_len -= size;
}

absl::Status PosixFile::WriteAt(uint64_t offset, absl::Span<const absl::string_view> parts) {
  std::vector<iovec> left;
  left.reserve(parts.size());
  for (const absl::string_view part : parts) {
    if (!part.empty()) left.push_back({const_cast<char*>(part.data()), part.size()});
  }
  while (!left.empty()) {
    const int count = static_cast<int>(std::min(left.size(), kMaxParts));
    const ssize_t done = pwritev(fd_.get(), left.data(), count, static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return Failed("write");
    if (done == 0) return FileError(ENOSPC, "write", path_);
    offset += static_cast<uint64_t>(done);
    Consume(&left, static_cast<size_t>(done));
  }
  return absl::OkStatus();
}

class PosixFileSystemImpl final : public FileSystem {
 public:
  absl::StatusOr<std::shared_ptr<File>> Open(const std::string& path, bool create) override;
  absl::Status SyncFolder(const std::string& path) override;
  absl::Status MakeFolder(const std::string& path) override;
  absl::Status Remove(const std::string& path) override;
  absl::StatusOr<std::vector<FolderEntry>> List(const std::string& path) override;
  absl::StatusOr<uint64_t> FreeBytes(const std::string& path) override;
};

absl::StatusOr<std::shared_ptr<File>> PosixFileSystemImpl::Open(const std::string& path,
                                                                bool create) {
  const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT : 0);
  UniqueFd fd(open(path.c_str(), flags, 0600));
  if (!fd.valid() && errno == ENOENT && !create) {
    return absl::NotFoundError(absl::StrCat("there is no file ", path));
  }
  if (!fd.valid()) return FileError(errno, "open", path);
  return std::make_shared<PosixFile>(path, std::move(fd));
}

absl::Status PosixFileSystemImpl::SyncFolder(const std::string& path) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return FileError(errno, "open", path);
  return fsync(fd.get()) == 0 ? absl::OkStatus() : FileError(errno, "sync", path);
}

absl::Status PosixFileSystemImpl::MakeFolder(const std::string& path) {
  if (mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return absl::OkStatus();
  return FileError(errno, "make", path);
}

absl::Status PosixFileSystemImpl::Remove(const std::string& path) {
  if (unlink(path.c_str()) == 0 || errno == ENOENT) return absl::OkStatus();
  return FileError(errno, "remove", path);
}

absl::StatusOr<std::vector<FolderEntry>> PosixFileSystemImpl::List(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(path.c_str()), closedir);
  if (folder == nullptr) return FileError(errno, "list", path);
  std::vector<FolderEntry> entries;
  while (const dirent* entry = readdir(folder.get())) {
    struct stat info = {};
    if (fstatat(dirfd(folder.get()), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (!S_ISREG(info.st_mode)) continue;
    entries.push_back({entry->d_name, static_cast<uint64_t>(info.st_size)});
  }
  return entries;
}

absl::StatusOr<uint64_t> PosixFileSystemImpl::FreeBytes(const std::string& path) {
  struct statvfs info = {};
  if (statvfs(path.c_str(), &info) != 0) return FileError(errno, "ask the free space of", path);
  return static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
}

}  // namespace

FileSystem* PosixFileSystem() {
  static auto* const files = new PosixFileSystemImpl;
  return files;
}

absl::Status FileError(int error, absl::string_view what, absl::string_view path) {
  const std::string text = absl::StrCat("cannot ", what, " ", path, ": ", std::strerror(error));
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  return full ? WithReason(absl::ResourceExhaustedError(text), v1::ERROR_REASON_DISK_FULL)
              : absl::UnavailableError(text);
}

}  // namespace muster::service
