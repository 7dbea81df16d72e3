// The folder with all runs' logs.
#ifndef SERVICE_STORE_SEGMENTS_LOG_FOLDER_H_
#define SERVICE_STORE_SEGMENTS_LOG_FOLDER_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "absl/types/span.h"
#include "service/store/run_store.h"
#include "service/store/segments/log_end.h"
#include "service/store/segments/open_files.h"
#include "service/store/segments/segmented_log.h"
#include "ssh_engine/base/mutex.h"

namespace muster::service {

struct LogFolderOptions {
  FileSystem* files = nullptr;
  std::string path;
  uint64_t segment_bytes = 64 << 20;
  size_t max_open_files = 128;
  size_t max_known_logs = 256;  // of runs that have ended: their indexes are kept
};

// Finds, opens and removes logs. Append, Secure, SyncAll, End, Remove: one thread; the rest: any.
// The lock is held while a log is being opened, which reads its last segment.
class LogFolder {
 public:
  static absl::StatusOr<std::unique_ptr<LogFolder>> Open(const LogFolderOptions& options);

  // The log of a run, which ended with the event `ended_at` or has not ended. One without files is
  // empty.
  absl::StatusOr<std::shared_ptr<SegmentedLog>> Get(const std::string& run_id,
                                                    absl::optional<uint64_t> ended_at);
  // Whether the log is open for Append.
  bool IsOpen(const std::string& run_id) const;
  // Of a run that has not ended.
  absl::Status Append(const std::string& run_id, absl::Span<const LogBlock> blocks);
  // For a commit that promises what was appended to these runs: short ends are added to `ends`, for
  // it to keep, and the other logs are synced.
  absl::Status Secure(const std::vector<std::string>& run_ids, std::vector<LogEnd>* ends);
  // Makes all that was appended durable.
  absl::Status SyncAll();
  // Nothing more will be appended to it.
  void End(const std::string& run_id);
  absl::Status Remove(const std::string& run_id);

  // Whose logs there are.
  std::vector<std::string> RunIds() const;
  uint64_t bytes() const;

 private:
  using Log = std::shared_ptr<SegmentedLog>;
  // `files` is what the folder held; the sizes of logs that have been opened are the logs' own.
  struct Files {
    std::vector<uint32_t> numbers;
    uint64_t bytes = 0;
  };

  explicit LogFolder(const LogFolderOptions& options)
      : options_(options), open_files_(options.files, options.max_open_files) {}
  absl::Status List();
  absl::Status Sync(const std::vector<std::pair<std::string, Log>>& logs);
  Log FindKnown(const std::string& run_id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Know(const std::string& run_id, Log log) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Notes how big a log is whose object is given up.
  void Unknow(const std::string& run_id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const LogFolderOptions options_;
  OpenFiles open_files_;
  // The writer's: appended to since the last sync.
  absl::flat_hash_map<std::string, Log> dirty_;
  bool folder_dirty_ = false;  // the writer's: files were made
  mutable Mutex mutex_;
  absl::flat_hash_map<std::string, Files> files_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, Log> written_ ABSL_GUARDED_BY(mutex_);  // not ended
  absl::flat_hash_map<std::string, Log> ended_ ABSL_GUARDED_BY(mutex_);
  std::list<std::string> ended_order_ ABSL_GUARDED_BY(mutex_);  // the longest known first
};

}  // namespace muster::service

#endif  // SERVICE_STORE_SEGMENTS_LOG_FOLDER_H_
