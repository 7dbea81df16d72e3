// Where artifacts are on the disk.
#ifndef SERVICE_ARTIFACTS_ARTIFACT_DISK_H_
#define SERVICE_ARTIFACTS_ARTIFACT_DISK_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "ssh_engine/base/unique_fd.h"

namespace muster::service {

// An artifact's only file. A value.
struct ArtifactFile {
  std::string folder;  // of its owner: ArtifactDisk::FolderOf
  std::string name;    // of the artifact
  std::string sha256;  // 32 bytes; empty: it is not whole
  uint64_t bytes = 0;
  absl::Time time;  // of its last change
};

// In its folder, each owner has one of his own, named by the SHA-256 of who he is. In there a whole
// artifact is NAME~SHA256, which one rename makes it, and one that is not is NAME~part.BOOT: what
// the machine's loss of power left of that is not known, so it goes with the boot (random(4),
// boot_id). No artifact has a '~' in its name. Files are 0600, folders 0700.
//
// Errors are RESOURCE_EXHAUSTED (DISK_FULL) and UNAVAILABLE; they name no folder. Everything
// blocks. Thread-safe, but for calls on the same artifact: one at a time, beside any that read it.
class ArtifactDisk {
 public:
  explicit ArtifactDisk(std::string folder);

  // Makes its folder; removes what an earlier boot left unfinished. All that is left.
  absl::StatusOr<std::vector<ArtifactFile>> Load() const;

  static std::string FolderOf(absl::string_view owner);

  // Writes `data` after `file.bytes` of one that is not whole, and begins to write it out. Where
  // that fails it has `file.bytes` as before.
  absl::Status Append(const ArtifactFile& file, absl::string_view data) const;
  // Makes it whole, as `sha256`: durable on return.
  absl::Status Finish(const ArtifactFile& file, const std::string& sha256) const;
  // Fine where there is none. Durable on return for those that are whole.
  absl::Status Remove(const ArtifactFile& file) const;
  // For reading.
  absl::StatusOr<UniqueFd> Open(const ArtifactFile& file) const;
  // Its bytes from `from` on, piece by piece.
  absl::Status Read(const ArtifactFile& file, uint64_t from,
                    absl::FunctionRef<void(absl::string_view)> take) const;
  // What may still be written.
  absl::StatusOr<uint64_t> FreeBytes() const;

 private:
  std::string PathOf(const ArtifactFile& file) const;
  std::string PartPath(const ArtifactFile& file) const;
  absl::Status LoadFolder(const std::string& folder, std::vector<ArtifactFile>* found) const;

  const std::string folder_;
  const std::string part_suffix_;
};

}  // namespace muster::service

#endif  // SERVICE_ARTIFACTS_ARTIFACT_DISK_H_
