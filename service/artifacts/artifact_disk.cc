#include "service/artifacts/artifact_disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "service/artifacts/artifact_name.h"
#include "service/store/segments/file_system.h"

namespace muster::service {
namespace {

constexpr char kBootIdFile[] = "/proc/sys/kernel/random/boot_id";
constexpr absl::string_view kPart = "~part.";
constexpr size_t kHexDigits = 2 * SHA256_DIGEST_LENGTH;
constexpr size_t kReadBytes = 256 << 10;

using Folder = std::unique_ptr<DIR, int (*)(DIR*)>;

// Where it cannot be told, no boot is like another.
std::string BootId() {
  std::string id;
  std::ifstream(kBootIdFile) >> id;
  return id.empty() ? absl::StrCat("pid", getpid()) : id;
}

absl::Status Failed(absl::string_view what, absl::string_view on) {
  return FileError(errno, what, on);
}

std::string Called(const ArtifactFile& file) { return absl::StrCat("artifact ", file.name); }

bool IsHex(absl::string_view text) {
  const auto is_digit = [](char c) { return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f'); };
  return text.size() == kHexDigits && std::all_of(text.begin(), text.end(), is_digit);
}

// Whether it is an artifact's; fills in what its name says.
bool ReadFileName(absl::string_view text, ArtifactFile* file) {
  const size_t end = text.find('~');
  if (end == absl::string_view::npos) return false;
  file->name = std::string(text.substr(0, end));
  if (!ProblemOfArtifactName(file->name).empty()) return false;
  const absl::string_view rest = text.substr(end);
  if (absl::StartsWith(rest, kPart)) return true;
  if (!IsHex(rest.substr(1))) return false;
  file->sha256 = absl::HexStringToBytes(rest.substr(1));
  return true;
}

absl::Status SyncFolder(const std::string& path, absl::string_view on) {
  const UniqueFd folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid() || fsync(folder.get()) != 0) return Failed("sync the folder of", on);
  return absl::OkStatus();
}

absl::Status MakeFolder(const std::string& path, absl::string_view on) {
  if (mkdir(path.c_str(), 0700) != 0) {
    return errno == EEXIST ? absl::OkStatus() : Failed("make a folder for", on);
  }
  return SyncFolder(path.substr(0, path.rfind('/')), on);
}

absl::Status WriteAll(int fd, absl::string_view data, uint64_t at, absl::string_view on) {
  while (!data.empty()) {
    const ssize_t done = pwrite(fd, data.data(), data.size(), static_cast<off_t>(at));
    if (done < 0 && errno == EINTR) continue;
    if (done == 0) errno = ENOSPC;
    if (done <= 0) return Failed("write", on);
    at += static_cast<uint64_t>(done);
    data.remove_prefix(static_cast<size_t>(done));
  }
  return absl::OkStatus();
}

}  // namespace

ArtifactDisk::ArtifactDisk(std::string folder)
    : folder_(std::move(folder)), part_suffix_(absl::StrCat(kPart, BootId())) {}

std::string ArtifactDisk::FolderOf(absl::string_view owner) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(owner.data()), owner.size(),
         reinterpret_cast<unsigned char*>(&digest[0]));
  return absl::BytesToHexString(digest);
}

std::string ArtifactDisk::PartPath(const ArtifactFile& file) const {
  return absl::StrCat(folder_, "/", file.folder, "/", file.name, part_suffix_);
}

std::string ArtifactDisk::PathOf(const ArtifactFile& file) const {
  if (file.sha256.empty()) return PartPath(file);
  return absl::StrCat(folder_, "/", file.folder, "/", file.name, "~",
                      absl::BytesToHexString(file.sha256));
}

// --- What is there

absl::StatusOr<std::vector<ArtifactFile>> ArtifactDisk::Load() const {
  const absl::Status made = MakeFolder(folder_, "artifacts");
  if (!made.ok()) return made;
  const Folder folder(opendir(folder_.c_str()), closedir);
  if (folder == nullptr) return Failed("list", folder_);
  std::vector<ArtifactFile> found;
  while (const dirent* entry = readdir(folder.get())) {
    if (!IsHex(entry->d_name)) continue;
    const absl::Status loaded = LoadFolder(entry->d_name, &found);
    if (!loaded.ok()) return loaded;
  }
  return found;
}

absl::Status ArtifactDisk::LoadFolder(const std::string& name,
                                      std::vector<ArtifactFile>* found) const {
  const std::string path = absl::StrCat(folder_, "/", name);
  if (rmdir(path.c_str()) == 0) return absl::OkStatus();  // its owner has none any more
  const Folder folder(opendir(path.c_str()), closedir);
  if (folder == nullptr) return Failed("list", path);
  while (const dirent* entry = readdir(folder.get())) {
    ArtifactFile file;
    struct stat info = {};
    file.folder = name;
    if (fstatat(dirfd(folder.get()), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(info.st_mode)) {
      continue;
    }
    if (!ReadFileName(entry->d_name, &file)) {
      spdlog::warn("{}/{} is no artifact: it is left alone", path, entry->d_name);
      continue;
    }
    if (file.sha256.empty() && !absl::EndsWith(entry->d_name, part_suffix_)) {
      spdlog::info("artifact {} was not whole when the machine ended: it is removed", file.name);
      unlinkat(dirfd(folder.get()), entry->d_name, 0);
      continue;
    }
    file.bytes = static_cast<uint64_t>(info.st_size);
    file.time = absl::TimeFromTimespec(info.st_mtim);
    found->push_back(std::move(file));
  }
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> ArtifactDisk::FreeBytes() const {
  struct statvfs info = {};
  if (statvfs(folder_.c_str(), &info) != 0) return Failed("ask the free space for", "artifacts");
  return static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
}

// --- One that grows

absl::Status ArtifactDisk::Append(const ArtifactFile& file, absl::string_view data) const {
  const std::string called = Called(file);
  const absl::Status made = MakeFolder(absl::StrCat(folder_, "/", file.folder), called);
  if (!made.ok()) return made;
  const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (file.bytes == 0 ? O_TRUNC : 0);
  const UniqueFd part(open(PartPath(file).c_str(), flags, 0600));
  if (!part.valid()) return Failed("open", called);
  const absl::Status written = WriteAll(part.get(), data, file.bytes, called);
  if (!written.ok()) {
    if (ftruncate(part.get(), static_cast<off_t>(file.bytes)) != 0) return Failed("cut", called);
    return written;
  }
  // A hint: so that little is left for Finish to wait for.
  (void)sync_file_range(part.get(), static_cast<off_t>(file.bytes), static_cast<off_t>(data.size()),
                        SYNC_FILE_RANGE_WRITE);
  return absl::OkStatus();
}

absl::Status ArtifactDisk::Finish(const ArtifactFile& file, const std::string& sha256) const {
  ArtifactFile whole = file;
  whole.sha256 = sha256;
  const UniqueFd part(open(PartPath(file).c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!part.valid() || fsync(part.get()) != 0) return Failed("sync", Called(file));
  if (rename(PartPath(file).c_str(), PathOf(whole).c_str()) != 0) {
    return Failed("rename", Called(file));
  }
  const absl::Status durable = SyncFolder(absl::StrCat(folder_, "/", file.folder), Called(file));
  if (!durable.ok()) unlink(PathOf(whole).c_str());  // the caller is not told that it is whole
  return durable;
}

absl::Status ArtifactDisk::Remove(const ArtifactFile& file) const {
  if (unlink(PathOf(file).c_str()) != 0 && errno != ENOENT) return Failed("remove", Called(file));
  if (file.sha256.empty()) return absl::OkStatus();
  return SyncFolder(absl::StrCat(folder_, "/", file.folder), Called(file));
}

// --- Reading

absl::StatusOr<UniqueFd> ArtifactDisk::Open(const ArtifactFile& file) const {
  UniqueFd opened(open(PathOf(file).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!opened.valid()) return Failed("open", Called(file));
  return opened;
}

absl::Status ArtifactDisk::Read(const ArtifactFile& file, uint64_t from,
                                absl::FunctionRef<void(absl::string_view)> take) const {
  const absl::StatusOr<UniqueFd> opened = Open(file);
  if (!opened.ok()) return opened.status();
  std::string bytes(kReadBytes, '\0');
  for (;;) {
    const ssize_t got = pread(opened->get(), &bytes[0], bytes.size(), static_cast<off_t>(from));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed("read", Called(file));
    if (got == 0) return absl::OkStatus();
    take(absl::string_view(bytes.data(), static_cast<size_t>(got)));
    from += static_cast<uint64_t>(got);
  }
}

}  // namespace muster::service
