// What a run's commands read from their standard input, as its caller sends it.
#ifndef SERVICE_RUNS_RUN_INPUT_H_
#define SERVICE_RUNS_RUN_INPUT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/runs/input_spool.h"
#include "ssh_engine/base/helper_pool.h"
#include "ssh_engine/base/mutex.h"
#include "ssh_engine/input.h"

namespace muster::service {

// Everything is in the spool, since a host whose turn comes late reads it from its first byte. A
// host that never reads costs nothing but that. Thread-safe; owned by its run and by the job of its
// hosts.
class RunInput final : public engine::InputSource, public std::enable_shared_from_this<RunInput> {
 public:
  // How far the caller may be ahead of the host that reads fastest.
  static constexpr uint64_t kMostAhead = 64 << 20;
  static constexpr uint64_t kMostBytes = uint64_t{16} << 30;
  // Of all streams: 24 bytes of memory each.
  static constexpr size_t kMostParts = 1 << 20;

  // In `folder`. `helpers` read what is not in memory, and must outlive it. RESOURCE_EXHAUSTED,
  // UNAVAILABLE: there can be no file.
  static absl::StatusOr<std::shared_ptr<RunInput>> Open(const std::string& folder,
                                                        HelperPool* helpers);

  struct Taken {
    uint64_t offset = 0;  // bytes that were taken, counted as Add's
    bool end = false;
  };
  // As SendInput says, for `hosts`, or all where there are none; all of `data`, a part of it, or
  // nothing where the hosts are behind. Writes to the disk: not for loops and gRPC's threads.
  // OUT_OF_RANGE, FAILED_PRECONDITION, RESOURCE_EXHAUSTED.
  absl::StatusOr<Taken> Add(std::vector<uint32_t> hosts, uint64_t offset, absl::string_view data,
                            bool end);
  // Nothing reads it any more: nobody who waits is called from here on, and Add is
  // FAILED_PRECONDITION.
  void Close();

  engine::InputPiece Read(uint32_t host, uint64_t position, Later later) override;

 private:
  // Some bytes of a stream.
  struct Part {
    uint64_t position;  // in the stream
    uint64_t from;      // in the spool
    uint64_t size;
  };
  // What a host reads.
  struct Stream {
    std::vector<Part> parts;  // without gaps
    uint64_t size = 0;
    uint64_t sent = 0;  // of `size`, what was sent to this one alone
    uint64_t read = 0;  // how far a host has come
    bool ended = false;
  };
  using Streams = std::vector<Stream*>;

  RunInput(std::unique_ptr<InputSpool> spool, HelperPool* helpers)
      : helpers_(helpers), spool_(std::move(spool)) {}

  // Those that are meant; the first one's `sent` is that of all.
  absl::StatusOr<Streams> StreamsOf(const std::vector<uint32_t>& hosts)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<Stream*> OwnStream(uint32_t host) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Stream* StreamOf(uint32_t host) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<absl::string_view> PartToTake(const Streams& streams, uint64_t offset,
                                               absl::string_view data) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Refusal(const Streams& streams, uint64_t bytes) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Append(uint64_t from, uint64_t size, Stream* stream) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<Later> WaitingFor(const std::vector<uint32_t>& hosts)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  void Call(Later later, engine::InputPiece piece);

  HelperPool* const helpers_;
  Mutex adding_;   // one at a time; taken before mutex_
  Mutex calling_;  // whoever waits; taken before mutex_
  mutable Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::shared_ptr<InputSpool> spool_ ABSL_GUARDED_BY(mutex_);  // null once it is closed
  Stream shared_ ABSL_GUARDED_BY(mutex_);  // of all hosts that were sent nothing alone
  absl::flat_hash_map<uint32_t, std::unique_ptr<Stream>> own_ ABSL_GUARDED_BY(mutex_);
  size_t parts_ ABSL_GUARDED_BY(mutex_) = 0;
  // By their hosts, for what has not come yet.
  absl::flat_hash_map<uint32_t, Later> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace muster::service

#endif  // SERVICE_RUNS_RUN_INPUT_H_
