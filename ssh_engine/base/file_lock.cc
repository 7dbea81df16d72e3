#include "ssh_engine/base/file_lock.h"

#include <sys/file.h>

#include <cerrno>

#include "absl/time/clock.h"

namespace muster::engine {
namespace {

constexpr int kTries = 25;
constexpr absl::Duration kPause = absl::Milliseconds(20);

}  // namespace

int LockFile(int fd) {
  for (int tries = 1;; ++tries) {
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) return 0;
    const int error = errno;
    if (error != EWOULDBLOCK || tries == kTries) return error;
    absl::SleepFor(kPause);
  }
}

}  // namespace muster::engine
