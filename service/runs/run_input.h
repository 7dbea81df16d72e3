// What a run's commands read from their standard input, as its caller sends it.
#ifndef SERVICE_RUNS_RUN_INPUT_H_
#define SERVICE_RUNS_RUN_INPUT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ssh_engine/base/helper_pool.h"
#include "ssh_engine/base/mutex.h"
#include "ssh_engine/base/unique_fd.h"
#include "ssh_engine/input.h"

namespace muster::service {

// Everything is in a file without a name, since a host whose turn comes late reads it from its
// first byte; the newest part is in memory as well, for hosts that keep up. A host that never reads
// costs nothing but that. Thread-safe; owned by its run and by the job of its hosts.
class RunInput final : public engine::InputSource, public std::enable_shared_from_this<RunInput> {
 public:
  // How much is in memory, of all hosts together.
  static constexpr size_t kMemoryBytes = 8 << 20;
  // How far the caller may be ahead of the host that reads fastest.
  static constexpr uint64_t kMostAhead = 64 << 20;
  static constexpr uint64_t kMostBytes = uint64_t{16} << 30;

  // In `folder`. `helpers` read what is not in memory, and must outlive it. RESOURCE_EXHAUSTED,
  // UNAVAILABLE: there can be no file.
  static absl::StatusOr<std::shared_ptr<RunInput>> Open(const std::string& folder,
                                                        HelperPool* helpers);

  struct Taken {
    uint64_t offset = 0;  // bytes of the input that were taken, from its beginning
    bool end = false;
  };
  // As SendInput says; all of `data`, a part of it, or nothing where the hosts are behind. Writes
  // to the disk: not for loops and gRPC's threads. OUT_OF_RANGE, FAILED_PRECONDITION,
  // RESOURCE_EXHAUSTED.
  absl::StatusOr<Taken> Add(uint64_t offset, absl::string_view data, bool end);
  // Nothing reads it any more: nobody who waits is called from here on, and Add is
  // FAILED_PRECONDITION.
  void Close();

  engine::InputPiece Read(uint64_t position, Later later) override;

 private:
  RunInput(UniqueFd file, HelperPool* helpers) : file_(std::move(file)), helpers_(helpers) {}

  absl::StatusOr<absl::string_view> PartToTake(uint64_t offset, absl::string_view data) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Write(absl::string_view data);
  void Keep(absl::string_view data) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  engine::InputPiece InMemory(uint64_t position) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  engine::InputPiece FromDisk(uint64_t position, uint64_t size) const;

  void Call(Later later, engine::InputPiece piece);

  const UniqueFd file_;
  HelperPool* const helpers_;
  Mutex adding_;   // one at a time; taken before mutex_
  Mutex calling_;  // whoever waits; taken before mutex_
  mutable Mutex mutex_;
  uint64_t size_ ABSL_GUARDED_BY(mutex_) = 0;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t read_ ABSL_GUARDED_BY(mutex_) = 0;  // how far a host has come
  // By where they begin; without gaps up to size_.
  absl::btree_map<uint64_t, std::shared_ptr<const std::string>> newest_ ABSL_GUARDED_BY(mutex_);
  size_t memory_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<Later> waiting_ ABSL_GUARDED_BY(mutex_);  // for what has not come yet
};

}  // namespace muster::service

#endif  // SERVICE_RUNS_RUN_INPUT_H_
