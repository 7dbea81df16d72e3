#include "service/targets/inventory_file.h"

#include <fcntl.h>
#include <google/protobuf/stubs/common.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "service/targets/located_error.h"
#include "ssh_engine/base/unique_fd.h"

namespace muster::service {
namespace {

// A file that may not be read is no matter of policy.
absl::Status SystemError(const std::string& path) {
  absl::Status status =
      absl::ErrnoToStatus(errno, absl::StrCat("cannot read the inventory ", path));
  if (!absl::IsPermissionDenied(status)) return status;
  return absl::FailedPreconditionError(status.message());
}

absl::Status TooLarge(const std::string& path) {
  return absl::ResourceExhaustedError(
      absl::StrCat("the inventory ", path, " is larger than ", kMaxInventoryBytes, " bytes"));
}

// Also when the file grows meanwhile.
absl::StatusOr<std::string> ReadAll(int fd, const std::string& path) {
  std::string content;
  char buffer[65536];
  while (true) {
    const ssize_t n = read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError(path);
    if (n == 0) return content;
    content.append(buffer, n);
    if (content.size() > kMaxInventoryBytes) return TooLarge(path);
  }
}

}  // namespace

absl::StatusOr<std::string> ReadInventoryFile(const std::string& path) {
  // Not to wait for a writer if it is a pipe.
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info;
  if (fd.get() < 0 || fstat(fd.get(), &info) != 0) return SystemError(path);
  if (!S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the inventory ", path,
        " is not a regular file; name one file, or a program that answers --list as Ansible's do, "
        "such as one that runs \"ansible-inventory -i FOLDER --list\""));
  }
  if (info.st_size > kMaxInventoryBytes) return TooLarge(path);
  return ReadAll(fd.get(), path);
}

absl::Status CheckInventoryContent(absl::string_view content, const std::string& file) {
  if (content.size() > kMaxInventoryBytes) return TooLarge(file);
  int number = 0;
  for (const absl::string_view line : absl::StrSplit(content, '\n')) {
    ++number;
    if (!google::protobuf::internal::IsStructurallyValidUTF8(line.data(), line.size())) {
      return ErrorAt(file, number, "not UTF-8; save the file as UTF-8");
    }
  }
  return absl::OkStatus();
}

}  // namespace muster::service
