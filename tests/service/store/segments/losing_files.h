// A disk that loses power: what was written and not synced is gone.
#ifndef TESTS_SERVICE_STORE_SEGMENTS_LOSING_FILES_H_
#define TESTS_SERVICE_STORE_SEGMENTS_LOSING_FILES_H_

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "service/store/segments/file_system.h"

namespace muster::service {

// Passes everything on to the real file system, and keeps what each file held when it was last
// synced, below its own FileSystem and below a file layer of SQLite's. Files whose name was not
// synced are lost with all they hold. One thread's.
class LosingFiles final : public FileSystem {
 public:
  LosingFiles();
  ~LosingFiles() override;

  // What SQLite knows its file layer by.
  const std::string& sqlite_vfs() const { return vfs_name_; }

  // Called before each write, sync, and removal, with how many there were before.
  std::function<void(size_t)> on_operation;

  // Makes a folder of what would be found after the loss of power in `folder`. `tail` says how many
  // of the bytes that a file has got since its last sync reached the disk all the same.
  void Restore(const std::string& folder, const std::string& to,
               const std::function<size_t(size_t)>& tail) const;

  absl::StatusOr<std::shared_ptr<File>> Open(const std::string& path, bool create) override;
  absl::Status SyncFolder(const std::string& path) override;
  absl::Status MakeFolder(const std::string& path) override { return real_->MakeFolder(path); }
  absl::Status Remove(const std::string& path) override;
  absl::StatusOr<std::vector<FolderEntry>> List(const std::string& path) override {
    return real_->List(path);
  }
  absl::StatusOr<uint64_t> FreeBytes(const std::string& path) override {
    return real_->FreeBytes(path);
  }

  // For the layers of files.
  void Operation();
  void Synced(const std::string& path);
  void NameSynced(const std::string& path) { named_[path]; }
  void NameLost(const std::string& path) { named_.erase(path); }

 private:
  FileSystem* const real_ = PosixFileSystem();
  std::map<std::string, std::string> synced_;  // what files held, named or not
  std::map<std::string, bool> named_;          // whose names are durable
  size_t operations_ = 0;
  std::string vfs_name_;
  std::shared_ptr<void> vfs_;
};

}  // namespace muster::service

#endif  // TESTS_SERVICE_STORE_SEGMENTS_LOSING_FILES_H_
