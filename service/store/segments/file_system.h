// Files as the store needs them; a seam for tests that lose power or fill the disk.
#ifndef SERVICE_STORE_SEGMENTS_FILE_SYSTEM_H_
#define SERVICE_STORE_SEGMENTS_FILE_SYSTEM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace muster::service {

// An open file. Reads are thread-safe, also beside one writer. Errors are RunStore's:
// RESOURCE_EXHAUSTED, UNAVAILABLE.
class File {
 public:
  virtual ~File() = default;

  // Fewer than `size` bytes only at the end of the file.
  virtual absl::StatusOr<size_t> ReadAt(uint64_t offset, char* to, size_t size) const = 0;
  // May have written a part when it fails.
  virtual absl::Status WriteAt(uint64_t offset, absl::Span<const absl::string_view> parts) = 0;
  virtual absl::Status Truncate(uint64_t size) = 0;
  // Data and size survive the loss of power.
  virtual absl::Status Sync() = 0;
  // Begins to write out what Sync would wait for; a hint.
  virtual void BeginSync(uint64_t offset, uint64_t size) = 0;
  virtual absl::StatusOr<uint64_t> Size() const = 0;
};

struct FolderEntry {
  std::string name;
  uint64_t size = 0;
};

// Thread-safe.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // For reading and writing, made (0600) where it is not there and `create` is set. NOT_FOUND.
  virtual absl::StatusOr<std::shared_ptr<File>> Open(const std::string& path, bool create) = 0;
  // Makes the names of made and removed files durable.
  virtual absl::Status SyncFolder(const std::string& path) = 0;
  // 0700; fine where it is there already.
  virtual absl::Status MakeFolder(const std::string& path) = 0;
  // Fine where there is none.
  virtual absl::Status Remove(const std::string& path) = 0;
  // Regular files, in no order.
  virtual absl::StatusOr<std::vector<FolderEntry>> List(const std::string& path) = 0;
  // What this process may still write.
  virtual absl::StatusOr<uint64_t> FreeBytes(const std::string& path) = 0;
};

// The operating system's; never destroyed.
FileSystem* PosixFileSystem();

// RESOURCE_EXHAUSTED (DISK_FULL) for a full disk or quota, else UNAVAILABLE; says what failed, and
// why.
absl::Status FileError(int error, absl::string_view what, absl::string_view path);

}  // namespace muster::service

#endif  // SERVICE_STORE_SEGMENTS_FILE_SYSTEM_H_
