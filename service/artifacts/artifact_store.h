// The artifacts of all callers.
#ifndef SERVICE_ARTIFACTS_ARTIFACT_STORE_H_
#define SERVICE_ARTIFACTS_ARTIFACT_STORE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "muster/v1/artifact_service.pb.h"
#include "service/artifacts/artifact_blocks.h"
#include "service/artifacts/artifact_disk.h"
#include "service/watch/output_digest.h"
#include "ssh_engine/base/helper_pool.h"
#include "ssh_engine/base/mutex.h"
#include "ssh_engine/input.h"

namespace muster::service {

// How much is kept. A value.
struct ArtifactLimits {
  uint64_t max_bytes = uint64_t{16} << 30;    // of all callers; 0: none are taken
  uint64_t min_free_bytes = 0;                // of the disk
  size_t max_artifacts = 10'000;              // of one caller
  absl::Duration part_age = absl::Hours(24);  // of those that are not whole, since their last bytes
};

// What is on the disk, and an index of it in memory. `owner` is a caller's Caller::Text(): of the
// artifacts of others he is told nothing. Thread-safe. Everything blocks: not for loops and gRPC's
// threads; Put and Delete for as long as the disk takes to write an artifact out, the rest briefly.
class ArtifactStore {
 public:
  // In `folder`, which it makes. `helpers` read for runs, and must outlive it. UNAVAILABLE,
  // RESOURCE_EXHAUSTED: the folder cannot be read or made.
  static absl::StatusOr<std::unique_ptr<ArtifactStore>> Open(
      const std::string& folder, const ArtifactLimits& limits, HelperPool* helpers,
      std::function<absl::Time()> now = absl::Now);

  // As PutArtifact says; one that is whole is durable on return.
  absl::StatusOr<v1::Artifact> Put(const std::string& owner, const v1::PutArtifactRequest& put);
  // Those after `after`, by name, `most` of them.
  std::vector<v1::Artifact> List(const std::string& owner, const std::string& after,
                                 size_t most) const;
  // As DeleteArtifact says; durable on return.
  absl::Status Delete(const std::string& owner, const std::string& name);

  // What commands read all of; it stays as it is when the artifact is removed. `sha256` is what it
  // has to be or, where that is empty, becomes what it is; may be null. NOT_FOUND
  // (SOURCE_NOT_FOUND): there is none, it is not whole, or has other bytes.
  absl::StatusOr<std::shared_ptr<engine::InputSource>> OpenInput(
      const std::string& owner, const std::string& name, std::string* sha256 = nullptr) const;
  // Inputs answer nothing any more: nobody who waits is called from here on.
  void StopReading() { blocks_->Stop(); }

 private:
  struct Kept {
    Mutex turn;           // of one Put or Delete at a time; taken before the store's mutex_
    OutputDigest digest;  // of what of a part was read for it; within a turn
    uint64_t digested = 0;
    // Guarded by the store's mutex_; changed within a turn only.
    ArtifactFile file;
    bool gone = false;  // it is being removed, or was
  };
  using Names = std::map<std::string, std::shared_ptr<Kept>>;

  ArtifactStore(const std::string& folder, const ArtifactLimits& limits, HelperPool* helpers,
                std::function<absl::Time()> now);
  absl::Status Load();

  std::shared_ptr<Kept> Find(const std::string& owner, const std::string& name) const;
  absl::StatusOr<std::shared_ptr<Kept>> FindOrMake(const std::string& owner,
                                                   const v1::PutArtifactRequest& put);
  // Its file; nothing: it was removed before the turn came.
  absl::optional<ArtifactFile> FileOf(const Kept& kept) const;

  // Within a turn.
  absl::Status PutInTurn(const v1::PutArtifactRequest& put, ArtifactFile file, Kept* kept);
  absl::Status Append(absl::string_view data, ArtifactFile* file, Kept* kept);
  absl::Status Finish(const v1::PutArtifactRequest& put, ArtifactFile* file, Kept* kept);
  absl::StatusOr<std::string> DigestOf(const ArtifactFile& file, Kept* kept) const;
  absl::Status Reserve(uint64_t bytes);
  void Note(const ArtifactFile& file, Kept* kept);
  // One that is not whole goes in any case, for what it holds may be in doubt.
  absl::Status Drop(Kept* kept);
  ArtifactFile SetGone(bool gone, Kept* kept);

  void RemoveOldParts();

  const ArtifactDisk disk_;
  const ArtifactLimits limits_;
  const std::function<absl::Time()> now_;
  const std::shared_ptr<ArtifactBlocks> blocks_;

  mutable Mutex mutex_;
  std::map<std::string, Names> owners_ ABSL_GUARDED_BY(mutex_);  // by their folders
  uint64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;                   // of all
  absl::Time looked_for_old_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace muster::service

#endif  // SERVICE_ARTIFACTS_ARTIFACT_STORE_H_
