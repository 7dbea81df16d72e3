// The log of one run on disk.
#ifndef SERVICE_STORE_SEGMENTS_SEGMENTED_LOG_H_
#define SERVICE_STORE_SEGMENTS_SEGMENTED_LOG_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "absl/types/span.h"
#include "service/store/run_store.h"
#include "service/store/segments/frame_reader.h"
#include "service/store/segments/log_end.h"
#include "service/store/segments/open_files.h"
#include "service/store/segments/segment_file.h"
#include "ssh_engine/base/mutex.h"

namespace muster::service {

// Segment files that follow each other. Append and Sync: one thread; the rest: any. The lock is
// held while something is appended or an index is made, not while events are read or synced.
class SegmentedLog {
 public:
  struct Place {
    OpenFiles* files;
    std::string folder;
    std::string run_id;
    uint64_t segment_bytes;  // a new one is begun past it
  };

  // Of the segments `numbers` (ascending; none: a log that is yet to be made). Where the run has
  // not ended, a torn end is cut off.
  static absl::StatusOr<std::shared_ptr<SegmentedLog>> Open(Place place,
                                                            const std::vector<uint32_t>& numbers,
                                                            absl::optional<uint64_t> ended_at);

  // RunStore's. `made` is set where the folder has a new file, which is to be synced.
  absl::Status Append(absl::Span<const LogBlock> blocks, bool* made);
  // Begins what Sync would wait for.
  void BeginSync();
  absl::Status Sync();
  // What Sync would make durable. Nothing: it is more than `most` bytes, there is more than one
  // file, or only Sync can help.
  absl::StatusOr<absl::optional<LogEnd>> UnsyncedEnd(uint64_t most) const;
  absl::StatusOr<LogPart> Read(uint64_t after, size_t max_bytes) const;

  // Of all its files. Who is reading them goes on.
  absl::Status Remove();

  uint64_t last_sequence() const;
  // Empty, or which file is damaged and where.
  std::string damage() const;
  uint64_t bytes() const;
  std::vector<uint32_t> numbers() const;  // of its segment files, ascending

 private:
  explicit SegmentedLog(Place place) : place_(std::move(place)) {}

  std::string PathOf(uint32_t number) const;
  absl::Status LoadSegments(const std::vector<uint32_t>& numbers);
  absl::Status RecoverLast() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Follows(absl::Span<const LogBlock> blocks) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status BeginSegment(bool* made) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Encodes `blocks`, small ones joined, into frames_.
  void Encode(absl::Span<const LogBlock> blocks, uint32_t salt);
  // Where to begin to look for an event. Without a reader: there is no such event yet.
  struct Start {
    std::string path;
    absl::optional<FrameReader> reader;
    uint64_t last_sequence = 0;  // of the log
  };
  absl::StatusOr<Start> Find(uint64_t sequence) const;
  // Adds what the next frame has after part's last event. False: nothing more is to be had here, or
  // it does not fit.
  static absl::StatusOr<bool> ReadFrame(FrameReader* reader, size_t max_bytes, LogPart* part);
  std::string Lost(const std::string& path, uint64_t offset, uint64_t sequence) const;

  const Place place_;
  std::string frames_;  // the writer's, kept for its memory
  std::string joined_;  // the same
  mutable Mutex mutex_;
  mutable std::vector<SegmentFile> segments_ ABSL_GUARDED_BY(mutex_);  // a read may index one
  std::vector<uint32_t> numbers_ ABSL_GUARDED_BY(mutex_);  // also of files with a damaged header
  uint64_t last_sequence_ ABSL_GUARDED_BY(mutex_) = 0;
  std::string damage_ ABSL_GUARDED_BY(mutex_);
  bool fresh_segment_ ABSL_GUARDED_BY(mutex_) = false;  // the last one must not be appended to
};

}  // namespace muster::service

#endif  // SERVICE_STORE_SEGMENTS_SEGMENTED_LOG_H_
