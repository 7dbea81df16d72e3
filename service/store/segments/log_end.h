// The end of a run's log that is not durable in its file yet.
#ifndef SERVICE_STORE_SEGMENTS_LOG_END_H_
#define SERVICE_STORE_SEGMENTS_LOG_END_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "service/store/segments/file_system.h"

namespace muster::service {

// A commit that promises a short log keeps a copy of its end in the catalogue, which is synced
// anyhow: to sync the file as well, and the name of a new one, would take several times as long.
// After the loss of power the copy is written to the file. A value.
struct LogEnd {
  std::string run_id;
  uint32_t segment = 0;  // the number of its file
  uint64_t offset = 0;   // in the file
  std::string bytes;
};

// Writes to the files in `folder` what they lack of `ends`, and syncs them.
absl::Status RestoreEnds(FileSystem* files, const std::string& folder,
                         absl::Span<const LogEnd> ends);

}  // namespace muster::service

#endif  // SERVICE_STORE_SEGMENTS_LOG_END_H_
