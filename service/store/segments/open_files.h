// Files that are open, not too many at a time.
#ifndef SERVICE_STORE_SEGMENTS_OPEN_FILES_H_
#define SERVICE_STORE_SEGMENTS_OPEN_FILES_H_

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "service/store/segments/file_system.h"
#include "ssh_engine/base/mutex.h"

namespace muster::service {

// Keeps up to `limit` files open, the most recently used ones; who holds one keeps it open besides.
// Thread-safe.
class OpenFiles {
 public:
  OpenFiles(FileSystem* files, size_t limit) : files_(files), limit_(limit) {}

  FileSystem* files() const { return files_; }
  // NOT_FOUND and File's errors.
  absl::StatusOr<std::shared_ptr<File>> Get(const std::string& path, bool create = false);
  void Drop(const std::string& path);

 private:
  using Entries = std::list<std::pair<std::string, std::shared_ptr<File>>>;

  FileSystem* const files_;
  const size_t limit_;
  Mutex mutex_;
  Entries entries_ ABSL_GUARDED_BY(mutex_);  // the most recently used first
  absl::flat_hash_map<std::string, Entries::iterator> by_path_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace muster::service

#endif  // SERVICE_STORE_SEGMENTS_OPEN_FILES_H_
