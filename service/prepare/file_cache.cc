#include "service/prepare/file_cache.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/targets/load_inventory.h"
#include "service/targets/vars_folders.h"

namespace muster::service {
namespace {

constexpr size_t kMaxEntries = 64;

// Differs whenever the file does. Taken before reading: a change in between is seen next time.
std::string VersionOf(const std::string& path) {
  struct stat info = {};
  if (stat(path.c_str(), &info) != 0) return "none";
  return absl::StrCat(info.st_dev, ".", info.st_ino, ".", info.st_size, ".", info.st_mtim.tv_sec,
                      ".", info.st_mtim.tv_nsec, ".", info.st_ctim.tv_sec, ".",
                      info.st_ctim.tv_nsec);
}

std::string VersionOf(const std::vector<std::string>& paths) {
  std::string version;
  for (const std::string& path : paths) absl::StrAppend(&version, VersionOf(path), " ");
  return version;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Inventory>> FileCache::GetInventory(const std::string& path,
                                                                         bool anew) {
  if (path.empty()) return std::shared_ptr<const Inventory>();
  const std::string key = absl::StrCat("inventory\n", path);
  const std::string version = absl::StrCat(VersionOf(path), " ", VersionOf(VarsPaths(path)));
  {
    MutexLock lock(&mutex_);
    const Entry* const entry = Find(key, version);
    const bool stays = entry != nullptr && !(anew && entry->inventory->data().by_programs);
    if (stays) return entry->inventory;
  }
  absl::StatusOr<std::shared_ptr<const Inventory>> inventory = LoadInventory(path);
  if (inventory.ok()) Put({key, version, *inventory, nullptr});
  return inventory;
}

absl::StatusOr<std::shared_ptr<engine::KnownHosts>> FileCache::GetKnownHosts(
    const std::vector<std::string>& files, const std::string& revoked_file) {
  const std::string key =
      absl::StrCat("known_hosts\n", absl::StrJoin(files, "\n"), "\nrevoked\n", revoked_file);
  const std::string version = absl::StrCat(VersionOf(files), VersionOf(revoked_file));
  std::shared_ptr<engine::KnownHosts> before;
  {
    MutexLock lock(&mutex_);
    if (const Entry* entry = Find(key, version)) return entry->known_hosts;
    if (const Entry* entry = FindAnyVersion(key)) before = entry->known_hosts;
  }
  absl::StatusOr<std::shared_ptr<engine::KnownHosts>> known_hosts =
      engine::LoadKnownHosts(files, files.empty() ? "" : files.front(), before.get(), revoked_file);
  if (known_hosts.ok()) Put({key, version, nullptr, *known_hosts});
  return known_hosts;
}

const FileCache::Entry* FileCache::Find(const std::string& key, const std::string& version) {
  const auto it = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.key == key && entry.version == version;
  });
  if (it == entries_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, it);
  return &*it;
}

const FileCache::Entry* FileCache::FindAnyVersion(const std::string& key) const {
  const auto it = std::find_if(entries_.begin(), entries_.end(),
                               [&](const Entry& entry) { return entry.key == key; });
  return it == entries_.end() ? nullptr : &*it;
}

void FileCache::Put(Entry entry) {
  std::list<Entry> dropped;  // destroyed without the lock
  MutexLock lock(&mutex_);
  for (auto it = entries_.begin(); it != entries_.end();) {
    const auto next = std::next(it);
    if (it->key == entry.key) dropped.splice(dropped.end(), entries_, it);
    it = next;
  }
  entries_.push_front(std::move(entry));
  if (entries_.size() > kMaxEntries) {
    dropped.splice(dropped.end(), entries_, std::prev(entries_.end()));
  }
}

}  // namespace muster::service
