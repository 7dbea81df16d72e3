#include "service/store/segments/open_files.h"

namespace muster::service {

absl::StatusOr<std::shared_ptr<File>> OpenFiles::Get(const std::string& path, bool create) {
  MutexLock lock(&mutex_);
  const auto found = by_path_.find(path);
  if (found != by_path_.end()) {
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->second;
  }
  absl::StatusOr<std::shared_ptr<File>> file = files_->Open(path, create);
  if (!file.ok()) return file;
  entries_.emplace_front(path, *file);
  by_path_[path] = entries_.begin();
  if (entries_.size() > limit_) {
    by_path_.erase(entries_.back().first);
    entries_.pop_back();
  }
  return file;
}

void OpenFiles::Drop(const std::string& path) {
  MutexLock lock(&mutex_);
  const auto found = by_path_.find(path);
  if (found == by_path_.end()) return;
  entries_.erase(found->second);
  by_path_.erase(found);
}

}  // namespace muster::service
