// Files that many runs name, read once.
#ifndef SERVICE_PREPARE_FILE_CACHE_H_
#define SERVICE_PREPARE_FILE_CACHE_H_

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "service/targets/inventory.h"
#include "ssh_engine/base/mutex.h"
#include "ssh_engine/host_keys/known_hosts.h"

namespace muster::service {

// Inventories and known_hosts files in memory, read anew when they have changed (inode, size or
// time). The least recently used go first. Thread-safe; blocks: helper threads only.
class FileCache {
 public:
  // Null for an empty path. `anew`: programs that tell of hosts and groups are run; else what they
  // wrote last is told, where that is still here. Errors of LoadInventory.
  absl::StatusOr<std::shared_ptr<const Inventory>> GetInventory(const std::string& path, bool anew);
  // The first file is the one that new keys go to. Errors of engine::LoadKnownHosts. Runs that name
  // the same files share one store, and see the keys that others add. `revoked_file`: of keys that
  // no host may have; may be empty.
  absl::StatusOr<std::shared_ptr<engine::KnownHosts>> GetKnownHosts(
      const std::vector<std::string>& files, const std::string& revoked_file);

 private:
  struct Entry {
    std::string key;
    std::string version;
    std::shared_ptr<const Inventory> inventory;
    std::shared_ptr<engine::KnownHosts> known_hosts;
  };

  // The entry of this key and version, moved to the front; null: there is none.
  const Entry* Find(const std::string& key, const std::string& version)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  const Entry* FindAnyVersion(const std::string& key) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Put(Entry entry);

  Mutex mutex_;  // not held while a file is read
  std::list<Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace muster::service

#endif  // SERVICE_PREPARE_FILE_CACHE_H_
