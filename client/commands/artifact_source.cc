#include "client/commands/artifact_source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace muster::client {
namespace {

absl::Status Failed(absl::string_view name) {
  // Whatever it is, nobody denies a call.
  return absl::InvalidArgumentError(absl::StrCat(name, " cannot be read: ", std::strerror(errno)));
}

// Whoever gave us the descriptor may have made it non-blocking.
ssize_t ReadWaiting(int fd, char* to, size_t room) {
  for (;;) {
    const ssize_t got = read(fd, to, room);
    if (got >= 0 || (errno != EINTR && errno != EAGAIN)) return got;
    struct pollfd input = {fd, POLLIN, 0};
    poll(&input, 1, -1);
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<ArtifactSource>> ArtifactSource::Open(const std::string& path) {
  if (path.empty() || path == "-") {
    return std::unique_ptr<ArtifactSource>(new ArtifactSource(STDIN_FILENO, "standard input"));
  }
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Failed(path);
  std::unique_ptr<ArtifactSource> source(new ArtifactSource(fd, path));
  struct stat info = {};
  if (fstat(fd, &info) != 0 || !S_ISDIR(info.st_mode)) return source;
  errno = EISDIR;  // before anything is said to the daemon
  return Failed(path);
}

ArtifactSource::ArtifactSource(int fd, std::string name)
    : fd_(fd),
      name_(std::move(name)),
      buffer_(kPieceBytes, '\0'),
      digest_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
  EVP_DigestInit_ex(digest_.get(), EVP_sha256(), nullptr);
  struct stat info = {};
  seekable_ = fstat(fd_, &info) == 0 && S_ISREG(info.st_mode);
  if (!seekable_) return;
  const auto length = static_cast<uint64_t>(info.st_size);
  base_ = static_cast<uint64_t>(std::max<off_t>(lseek(fd_, 0, SEEK_CUR), 0));
  size_ = length - std::min(length, base_);
}

ArtifactSource::~ArtifactSource() {
  if (fd_ != STDIN_FILENO) close(fd_);
}

absl::StatusOr<absl::string_view> ArtifactSource::After(uint64_t offset) {
  absl::Status status;
  while (status.ok() && read_ < offset && !ended_) status = Fill(read_);
  if (!status.ok()) return status;
  if (read_ < offset) return absl::OutOfRangeError(absl::StrCat(name_, " has ", read_, " bytes"));
  if (EndsAt(offset)) return absl::string_view();
  if (offset < begin_ || offset >= begin_ + piece_) status = Fill(offset);
  if (!status.ok()) return status;
  return absl::string_view(buffer_).substr(offset - begin_, begin_ + piece_ - offset);
}

absl::Status ArtifactSource::ReadToEnd() {
  absl::Status status;
  while (status.ok() && !ended_) status = Fill(read_);
  return status;
}

absl::Status ArtifactSource::Fill(uint64_t offset) {
  if (!seekable_ && offset != read_) {
    return absl::FailedPreconditionError(absl::StrCat(
        "musterd has lost bytes that came before, and ", name_, " does not give them again"));
  }
  const absl::StatusOr<size_t> size = Read(offset);
  if (!size.ok()) return size.status();
  if (*size < kPieceBytes && offset + *size < read_) {
    return absl::AbortedError(absl::StrCat(name_, " became shorter while it was read"));
  }
  begin_ = offset;
  Count(*size);
  on_read_();
  return absl::OkStatus();
}

absl::StatusOr<size_t> ArtifactSource::Read(uint64_t offset) {
  size_t size = 0;
  while (size < kPieceBytes) {
    const size_t room = kPieceBytes - size;
    const ssize_t got =
        seekable_ ? pread(fd_, &buffer_[size], room, static_cast<off_t>(base_ + offset + size))
                  : ReadWaiting(fd_, &buffer_[size], room);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed(name_);
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  return size;
}

void ArtifactSource::Count(size_t size) {
  piece_ = size;
  const size_t known = static_cast<size_t>(std::min<uint64_t>(read_ - begin_, size));
  // What a file grows by after its end was read is none of it.
  if (ended_) {
    piece_ = known;
    return;
  }
  EVP_DigestUpdate(digest_.get(), &buffer_[known], size - known);
  read_ += size - known;
  ended_ = size < kPieceBytes;
  if (!ended_) return;
  sha256_.resize(static_cast<size_t>(EVP_MD_size(EVP_sha256())));
  EVP_DigestFinal_ex(digest_.get(), reinterpret_cast<unsigned char*>(&sha256_[0]), nullptr);
}

}  // namespace muster::client
