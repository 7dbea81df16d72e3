#include "client/commands/standard_input.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace muster::client {
namespace {

bool HasMore(const struct stat& file) {
  const off_t at = lseek(STDIN_FILENO, 0, SEEK_CUR);
  return at >= 0 && at < file.st_size;
}

bool IsNull(const struct stat& device) { return device.st_rdev == makedev(1, 3); }

}  // namespace

bool InputWaits() {
  struct stat info = {};
  if (fstat(STDIN_FILENO, &info) != 0) return false;
  if (S_ISREG(info.st_mode)) return HasMore(info);
  if (S_ISCHR(info.st_mode)) return isatty(STDIN_FILENO) == 0 && !IsNull(info);
  if (S_ISBLK(info.st_mode)) return true;
  int bytes = 0;
  return ioctl(STDIN_FILENO, FIONREAD, &bytes) == 0 && bytes > 0;
}

bool InputMayCome() {
  struct stat info = {};
  if (fstat(STDIN_FILENO, &info) != 0) return false;
  if (!S_ISFIFO(info.st_mode) && !S_ISSOCK(info.st_mode)) return InputWaits();
  struct pollfd input = {STDIN_FILENO, POLLIN, 0};
  if (poll(&input, 1, 0) < 0 || (input.revents & POLLNVAL) != 0) return false;
  // Where a socket's other end is closed it is readable, and has nothing.
  const bool over = (input.revents & (POLLHUP | POLLERR)) != 0 ||
                    (S_ISSOCK(info.st_mode) && (input.revents & POLLIN) != 0);
  return !over || InputWaits();
}

bool InputIsBegun() {
  struct stat info = {};
  return fstat(STDIN_FILENO, &info) == 0 && S_ISREG(info.st_mode) && HasMore(info) &&
         lseek(STDIN_FILENO, 0, SEEK_CUR) > 0;
}

}  // namespace muster::client
