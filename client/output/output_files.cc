#include "client/output/output_files.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"

namespace muster::client {
namespace {

constexpr size_t kMaxOpen = 256;
constexpr int kReplace = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
// Made by us, but somebody may have put a link there since.
constexpr int kGoOn = O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC;

// 0, or an errno.
int WriteAll(int fd, absl::string_view data) {
  while (!data.empty()) {
    const ssize_t size = write(fd, data.data(), data.size());
    if (size < 0 && errno != EINTR) return errno;
    if (size > 0) data.remove_prefix(static_cast<size_t>(size));
  }
  return 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<OutputFiles>> OutputFiles::Open(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return absl::ErrnoToStatus(errno, absl::StrCat("--output-dir ", folder));
  if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) != 0) {
    const int reason = errno;
    close(fd);
    return absl::ErrnoToStatus(reason, absl::StrCat("--output-dir ", folder));
  }
  return std::unique_ptr<OutputFiles>(new OutputFiles(folder, fd));
}

OutputFiles::~OutputFiles() {
  while (!used_.empty()) CloseOldest();
  close(folder_fd_);
}

void OutputFiles::OnEvent(const v1::Event& event, const RunView& view) {
  if (event.has_output()) {
    const v1::HostOutput& output = event.output();
    Write({output.host_index(), output.stream() == v1::OUTPUT_STREAM_STDERR}, output.data(), view);
  } else if (event.has_host_finished()) {
    const uint32_t host_index = event.host_finished().host_index();
    Write({host_index, false}, "", view);
    Close({host_index, false});
    Close({host_index, true});
  }
}

void OutputFiles::OnEnd(const RunView&) {
  while (!used_.empty()) CloseOldest();
}

const std::string& OutputFiles::NameOf(uint32_t host_index, const RunView& view) {
  std::string& name = name_of_[host_index];
  if (name.empty()) name = names_.NameFor(view.NameOf(host_index), host_index);
  return name;
}

void OutputFiles::Write(const Key& key, absl::string_view data, const RunView& view) {
  const int fd = FileOf(key, view);
  const int error = fd < 0 ? errno : WriteAll(fd, data);
  if (error != 0) Fail(NameOf(key.first, view) + (key.second ? ".err" : ""), error);
}

int OutputFiles::FileOf(const Key& key, const RunView& view) {
  const auto it = open_.find(key);
  if (it != open_.end()) {
    used_.splice(used_.begin(), used_, it->second.place);
    return it->second.fd;
  }
  if (open_.size() >= kMaxOpen) CloseOldest();
  const int fd = OpenFor(key, view);
  if (fd < 0) return fd;
  used_.push_front(key);
  open_[key] = {fd, used_.begin()};
  return fd;
}

int OutputFiles::OpenFor(const Key& key, const RunView& view) {
  const std::string name = NameOf(key.first, view) + (key.second ? ".err" : "");
  if (made_[key]) return openat(folder_fd_, name.c_str(), kGoOn);
  // An older run's standard error is not this one's, also when there is none now.
  if (!key.second && !made_[{key.first, true}]) {
    unlinkat(folder_fd_, (name + ".err").c_str(), 0);
  }
  if (unlinkat(folder_fd_, name.c_str(), 0) != 0 && errno != ENOENT) return -1;
  made_[key] = true;
  return openat(folder_fd_, name.c_str(), kReplace, 0666);
}

void OutputFiles::CloseOldest() { Close(Key(used_.back())); }

// Some file systems tell of a full disk only now.
void OutputFiles::Close(const Key& key) {
  const auto it = open_.find(key);
  if (it == open_.end()) return;
  if (close(it->second.fd) != 0 && errno != EINTR) Fail(name_of_[key.first], errno);
  used_.erase(it->second.place);
  open_.erase(it);
}

void OutputFiles::Fail(const std::string& name, int error) {
  status_.Update(absl::ErrnoToStatus(
      error, absl::StrCat("--output-dir: ", folder_, "/", name, " is not complete")));
}

}  // namespace muster::client
