// The bytes of a run's input, as they were taken.
#ifndef SERVICE_RUNS_INPUT_SPOOL_H_
#define SERVICE_RUNS_INPUT_SPOOL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ssh_engine/base/mutex.h"
#include "ssh_engine/base/unique_fd.h"
#include "ssh_engine/input.h"

namespace muster::service {

// All of them are in a file without a name, the newest in memory as well. Thread-safe, but for
// Append: one at a time.
class InputSpool {
 public:
  // How much is in memory, with what each block costs beyond its bytes.
  static constexpr size_t kMemoryBytes = 8 << 20;
  static constexpr size_t kBlockOverhead = 128;

  // In `folder`. RESOURCE_EXHAUSTED, UNAVAILABLE: there can be no file.
  static absl::StatusOr<std::unique_ptr<InputSpool>> Open(const std::string& folder);

  // Behind what is there. Writes to the disk. RESOURCE_EXHAUSTED, UNAVAILABLE.
  absl::Status Append(absl::string_view data);
  uint64_t size() const;

  // At most `size` of the bytes from `position` on; empty where they are not in memory.
  engine::InputPiece FromMemory(uint64_t position, uint64_t size) const;
  // The same, at least one; has a problem where they cannot be read. Blocks.
  engine::InputPiece FromDisk(uint64_t position, uint64_t size) const;

 private:
  explicit InputSpool(UniqueFd file) : file_(std::move(file)) {}

  absl::Status Write(absl::string_view data, uint64_t at);

  const UniqueFd file_;
  mutable Mutex mutex_;
  uint64_t size_ ABSL_GUARDED_BY(mutex_) = 0;
  // By where they begin; without gaps up to size_.
  absl::btree_map<uint64_t, std::shared_ptr<const std::string>> newest_ ABSL_GUARDED_BY(mutex_);
  size_t memory_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace muster::service

#endif  // SERVICE_RUNS_INPUT_SPOOL_H_
