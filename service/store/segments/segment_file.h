// One segment file of a run's log.
#ifndef SERVICE_STORE_SEGMENTS_SEGMENT_FILE_H_
#define SERVICE_STORE_SEGMENTS_SEGMENT_FILE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "service/store/segments/frame.h"
#include "service/store/segments/frame_reader.h"
#include "service/store/segments/open_files.h"

namespace muster::service {

// The name of a run's segment, and back. The name of anything else is no segment's.
std::string SegmentName(absl::string_view run_id, uint32_t number);
bool ParseSegmentName(absl::string_view name, std::string* run_id, uint32_t* number);

// What is known of a segment file: where it ends, and a sparse index into it. Confined to whoever
// holds its log's lock; what is read from the file is read without it.
class SegmentFile {
 public:
  // Makes a file, in place of any that is left there from a failure; not yet durable.
  static absl::StatusOr<SegmentFile> Create(OpenFiles* files, std::string path, uint32_t number,
                                            uint64_t first_sequence);
  // Reads the header only. DATA_LOSS: damaged, or of a version that this program does not know.
  static absl::StatusOr<SegmentFile> Load(OpenFiles* files, std::string path, uint32_t number);

  // Reads all, when it may end in a torn frame, and cuts that off. Where whole frames follow after
  // something broken it says so in damage(), and leaves all as it is.
  absl::Status Recover();
  // Makes the index, where it is not there yet, by the frames' headers alone.
  absl::Status Index();

  // Adds whole frames with events up to `last_sequence`. When it fails nothing has changed.
  absl::Status Append(absl::string_view frames, uint64_t first_sequence, uint64_t last_sequence);
  // Begins what Sync would wait for.
  void BeginSync();
  // What was appended is durable on return.
  absl::Status Sync();
  // What is not durable yet, from durable() on. Nothing: it is more than `most` bytes, or only Sync
  // can help.
  absl::StatusOr<absl::optional<std::string>> Unsynced(uint64_t most) const;

  // From where on to look for `sequence`; at or before its frame.
  uint64_t OffsetOf(uint64_t sequence) const;

  const std::string& path() const { return path_; }
  uint32_t number() const { return header_.number; }
  uint32_t salt() const { return header_.salt; }
  uint64_t first_sequence() const { return header_.first_sequence; }
  uint64_t last_sequence() const { return last_sequence_; }  // once indexed; 0: no frame
  uint64_t size() const { return size_; }
  uint64_t durable() const { return synced_; }
  bool synced() const { return synced_ == size_; }
  // Empty, or which file is damaged and where.
  const std::string& damage() const { return damage_; }

 private:
  struct Position {
    uint64_t sequence;
    uint64_t offset;
  };

  SegmentFile(OpenFiles* files, std::string path) : files_(files), path_(std::move(path)) {}
  // Walks over all frames; with their payloads where `whole` is set.
  absl::Status Walk(bool whole);
  absl::StatusOr<bool> IsGood(FrameReader* reader, bool whole) const;
  void NoteDamage(uint64_t offset, const FrameReader& next);
  void Note(uint64_t first_sequence, uint64_t last_sequence, uint64_t offset);
  absl::Status CutOff();
  // After a sync that failed the kernel holds for written what may not be: writes it once more.
  absl::Status WriteAgain(File* file);

  OpenFiles* files_;
  std::string path_;
  SegmentHeader header_;
  uint64_t size_ = 0;    // of what is valid
  uint64_t synced_ = 0;  // of that, durable
  uint64_t begun_ = 0;   // of that, on its way to the disk
  uint64_t last_sequence_ = 0;
  bool indexed_ = false;
  bool overhang_ = false;  // bytes past size_ that a failed write has left
  bool sync_failed_ = false;
  std::string damage_;
  std::vector<Position> index_;
};

}  // namespace muster::service

#endif  // SERVICE_STORE_SEGMENTS_SEGMENT_FILE_H_
