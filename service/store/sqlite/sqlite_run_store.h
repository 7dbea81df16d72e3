// The store of a daemon that stands alone: a directory on its machine.
#ifndef SERVICE_STORE_SQLITE_SQLITE_RUN_STORE_H_
#define SERVICE_STORE_SQLITE_SQLITE_RUN_STORE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "service/store/run_store.h"
#include "service/store/segments/file_system.h"

namespace muster::service {

struct RunStoreOptions {
  // Below it Append and Commit answer RESOURCE_EXHAUSTED, so that there is room to end and to
  // forget.
  uint64_t min_free_bytes = 64 << 20;
  uint64_t segment_bytes = 64 << 20;  // of a log's file; then another one is begun
  // For tests: other layers below the logs, and below SQLite.
  FileSystem* files = PosixFileSystem();
  std::string sqlite_vfs;
};

// `directory` holds catalog.db (SQLite), logs/ and lock. It is made, 0700, where it is not there;
// the one above it must be. No file in it is readable for others. FAILED_PRECONDITION: another
// daemon has it, or a newer program has written it. DATA_LOSS: the catalogue is damaged; a damaged
// log keeps no store from being opened.
absl::StatusOr<std::unique_ptr<RunStore>> OpenRunStore(const std::string& directory,
                                                       const RunStoreOptions& options = {});

}  // namespace muster::service

#endif  // SERVICE_STORE_SQLITE_SQLITE_RUN_STORE_H_
