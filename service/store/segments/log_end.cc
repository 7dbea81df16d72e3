#include "service/store/segments/log_end.h"

#include <cstddef>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "service/store/segments/segment_file.h"

namespace muster::service {
namespace {

absl::StatusOr<bool> Has(const File& file, const LogEnd& end) {
  std::string bytes(end.bytes.size(), '\0');
  const absl::StatusOr<size_t> got = file.ReadAt(end.offset, &bytes[0], bytes.size());
  if (!got.ok()) return got.status();
  return *got == bytes.size() && bytes == end.bytes;
}

// Synced also where it has all: that may be in the system's memory only.
absl::Status Restore(FileSystem* files, const std::string& path, const LogEnd& end) {
  const absl::StatusOr<std::shared_ptr<File>> file = files->Open(path, /*create=*/true);
  if (!file.ok()) return file.status();
  const absl::StatusOr<bool> has = Has(**file, end);
  if (!has.ok()) return has.status();
  if (!*has) {
    absl::Status status = (*file)->WriteAt(end.offset, {end.bytes});
    if (!status.ok()) return status;
  }
  return (*file)->Sync();
}

}  // namespace

absl::Status RestoreEnds(FileSystem* files, const std::string& folder,
                         absl::Span<const LogEnd> ends) {
  if (ends.empty()) return absl::OkStatus();
  for (const LogEnd& end : ends) {
    const std::string path = absl::StrCat(folder, "/", SegmentName(end.run_id, end.segment));
    if (absl::Status status = Restore(files, path, end); !status.ok()) return status;
  }
  return files->SyncFolder(folder);
}

}  // namespace muster::service
