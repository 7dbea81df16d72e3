// One daemon for each state directory.
#ifndef SERVICE_STORE_SEGMENTS_DIRECTORY_LOCK_H_
#define SERVICE_STORE_SEGMENTS_DIRECTORY_LOCK_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "ssh_engine/base/unique_fd.h"

namespace muster::service {

// Holds a directory until it is destroyed or the process ends, however that may be.
class DirectoryLock {
 public:
  // Makes the directory (0700) where it is not there, and writes down in the lock which process, on
  // which machine, of which version holds it: muster reads that (proto/contract/state_folder.h).
  // Blocks for a moment where it is held. FAILED_PRECONDITION: another holds it; the text says who.
  // UNAVAILABLE, RESOURCE_EXHAUSTED: it cannot be written to.
  static absl::StatusOr<DirectoryLock> Take(const std::string& directory);

 private:
  explicit DirectoryLock(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
};

}  // namespace muster::service

#endif  // SERVICE_STORE_SEGMENTS_DIRECTORY_LOCK_H_
