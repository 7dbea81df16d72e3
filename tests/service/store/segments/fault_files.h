// A file system that fills up, or whose syncs fail.
#ifndef TESTS_SERVICE_STORE_SEGMENTS_FAULT_FILES_H_
#define TESTS_SERVICE_STORE_SEGMENTS_FAULT_FILES_H_

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "service/store/segments/file_system.h"

namespace muster::service {

// Passes everything on to the real one, but for the faults that are set. One thread's.
class FaultFiles final : public FileSystem {
 public:
  uint64_t room = UINT64_MAX;        // bytes that can still be written; a write may get in half way
  uint64_t free_bytes = UINT64_MAX;  // what it says is free
  int failing_syncs = 0;             // how many of the next syncs fail
  int failing_truncates = 0;
  int syncs = 0;  // how many there were, of files

  absl::StatusOr<std::shared_ptr<File>> Open(const std::string& path, bool create) override;
  absl::Status SyncFolder(const std::string& path) override { return real_->SyncFolder(path); }
  absl::Status MakeFolder(const std::string& path) override { return real_->MakeFolder(path); }
  absl::Status Remove(const std::string& path) override { return real_->Remove(path); }
  absl::StatusOr<std::vector<FolderEntry>> List(const std::string& path) override {
    return real_->List(path);
  }
  absl::StatusOr<uint64_t> FreeBytes(const std::string& path) override { return free_bytes; }

 private:
  class FaultFile;
  FileSystem* const real_ = PosixFileSystem();
};

class FaultFiles::FaultFile final : public File {
 public:
  FaultFile(FaultFiles* files, std::shared_ptr<File> real)
      : files_(files), real_(std::move(real)) {}

  absl::StatusOr<size_t> ReadAt(uint64_t offset, char* to, size_t size) const override {
    return real_->ReadAt(offset, to, size);
  }
  absl::Status WriteAt(uint64_t offset, absl::Span<const absl::string_view> parts) override {
    for (const absl::string_view part : parts) {
      const size_t fits = static_cast<size_t>(std::min<uint64_t>(part.size(), files_->room));
      absl::Status status = real_->WriteAt(offset, {part.substr(0, fits)});
      if (!status.ok()) return status;
      if (files_->room != UINT64_MAX) files_->room -= fits;
      offset += fits;
      if (fits < part.size()) return FileError(ENOSPC, "write", "a test's file");
    }
    return absl::OkStatus();
  }
  absl::Status Truncate(uint64_t size) override {
    if (files_->failing_truncates-- > 0) return FileError(EIO, "shorten", "a test's file");
    return real_->Truncate(size);
  }
  absl::Status Sync() override {
    ++files_->syncs;
    if (files_->failing_syncs-- > 0) return FileError(EIO, "sync", "a test's file");
    return real_->Sync();
  }
  void BeginSync(uint64_t offset, uint64_t size) override {}
  absl::StatusOr<uint64_t> Size() const override { return real_->Size(); }

 private:
  FaultFiles* const files_;
  const std::shared_ptr<File> real_;
};

inline absl::StatusOr<std::shared_ptr<File>> FaultFiles::Open(const std::string& path,
                                                              bool create) {
  absl::StatusOr<std::shared_ptr<File>> real = real_->Open(path, create);
  if (!real.ok()) return real;
  return std::make_shared<FaultFile>(this, *std::move(real));
}

}  // namespace muster::service

#endif  // TESTS_SERVICE_STORE_SEGMENTS_FAULT_FILES_H_
