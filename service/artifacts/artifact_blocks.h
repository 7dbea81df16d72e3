// Parts of artifacts, in memory while hosts read them.
#ifndef SERVICE_ARTIFACTS_ARTIFACT_BLOCKS_H_
#define SERVICE_ARTIFACTS_ARTIFACT_BLOCKS_H_

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "ssh_engine/base/helper_pool.h"
#include "ssh_engine/base/mutex.h"
#include "ssh_engine/base/unique_fd.h"

namespace muster::service {

// A whole artifact that is read. Immutable.
struct OpenArtifact {
  std::string name;
  UniqueFd file;
  uint64_t bytes = 0;
  uint64_t id = 0;  // ArtifactBlocks::NewId
};

// Hosts of about the same speed read what one of them had read from the disk; who is alone reads on
// in what was read with it. Of all runs together. Thread-safe.
class ArtifactBlocks : public std::enable_shared_from_this<ArtifactBlocks> {
 public:
  // What a session takes, twice: each that sends holds one.
  static constexpr uint64_t kBlockBytes = 64 << 10;
  // What is read from the disk at a time.
  static constexpr uint64_t kBlocksPerRead = 4;
  // What is kept beside those that are held: 8 MiB.
  static constexpr size_t kMostBlocks = 128;

  using Block = std::shared_ptr<const std::string>;
  using Later = absl::AnyInvocable<void(absl::StatusOr<Block>)>;

  // `helpers` read, and must outlive it or its Stop.
  explicit ArtifactBlocks(HelperPool* helpers) : helpers_(helpers) {}

  // No other artifact has it, also once this one is read no more.
  uint64_t NewId() { return next_id_++; }
  // The `number`th block, which is within the artifact. Null where it is not in memory: then
  // `later` is called once, by a helper thread. Does not block.
  Block Get(const std::shared_ptr<const OpenArtifact>& artifact, uint64_t number, Later later);
  // Nobody is called from here on.
  void Stop();

 private:
  using Key = std::pair<uint64_t, uint64_t>;  // OpenArtifact::id, number
  struct Entry {
    Key key;
    Block block;
  };
  struct Waiting {
    uint64_t number;
    Later later;
  };

  Block Find(const Key& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Keep(const Key& key, Block block) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Load(const std::shared_ptr<const OpenArtifact>& artifact, uint64_t first);

  HelperPool* const helpers_;
  std::atomic<uint64_t> next_id_{0};
  Mutex calling_;  // whoever waits; taken before mutex_
  Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::list<Entry> entries_ ABSL_GUARDED_BY(mutex_);  // the last used one first
  absl::flat_hash_map<Key, std::list<Entry>::iterator> by_key_ ABSL_GUARDED_BY(mutex_);
  // By the first block of what is being read.
  absl::flat_hash_map<Key, std::vector<Waiting>> loading_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace muster::service

#endif  // SERVICE_ARTIFACTS_ARTIFACT_BLOCKS_H_
