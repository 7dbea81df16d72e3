// Walks over the frames of one segment file.
#ifndef SERVICE_STORE_SEGMENTS_FRAME_READER_H_
#define SERVICE_STORE_SEGMENTS_FRAME_READER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/store/segments/file_system.h"
#include "service/store/segments/frame.h"

namespace muster::service {

// Reads through a buffer. Not thread-safe; one thread's, for the time of a call.
class FrameReader {
 public:
  // Looks at the bytes from `offset` up to `end` only.
  FrameReader(std::shared_ptr<const File> file, uint32_t salt, uint64_t offset, uint64_t end);

  enum class Found {
    kEnd,     // nothing more
    kFrame,   // a header that is whole, and all of its payload's bytes
    kBroken,  // something else
  };
  // Looks at what stands at offset(). Other errors are File's.
  absl::StatusOr<Found> Look();
  uint64_t offset() const { return offset_; }

  // Of the frame that was found.
  const FrameHeader& header() const { return header_; }
  // Its payload as stored, valid until the next call; none where it is damaged.
  absl::StatusOr<absl::optional<absl::string_view>> Payload();
  // Goes to what follows it.
  void Next() { offset_ += header_.frame_size(); }

  // After something broken: goes to the next frame that is whole, payload included, and holds
  // events after `sequence`. False: there is none; offset() stays.
  absl::StatusOr<bool> FindNext(uint64_t sequence);

 private:
  // At most `size` bytes at `offset`, fewer only at the end.
  absl::StatusOr<absl::string_view> Bytes(uint64_t offset, size_t size);

  const std::shared_ptr<const File> file_;
  const uint32_t salt_;
  uint64_t offset_;
  const uint64_t end_;
  FrameHeader header_;
  std::string buffer_;
  size_t filled_ = 0;
  uint64_t buffer_offset_ = 0;
};

}  // namespace muster::service

#endif  // SERVICE_STORE_SEGMENTS_FRAME_READER_H_
