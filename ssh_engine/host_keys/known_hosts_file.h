// known_hosts files on disk.
#ifndef SSH_ENGINE_HOST_KEYS_KNOWN_HOSTS_FILE_H_
#define SSH_ENGINE_HOST_KEYS_KNOWN_HOSTS_FILE_H_

#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ssh_engine/base/unique_fd.h"
#include "ssh_engine/host_keys/host_key_table.h"

namespace muster::engine {

// Reads a file of at most 256 MiB. One that does not exist counts as empty. Blocks. `before`: an
// earlier version of it (HostKeyTable), or null. FAILED_PRECONDITION: it may not be read.
absl::StatusOr<std::shared_ptr<const HostKeyTable>> ReadKnownHosts(const std::string& path,
                                                                   const HostKeyTable* before);

// Reads a file of keys that no host may have (ssh_config(5), RevokedHostKeys): a public key a line,
// as if each were @revoked for every host; so one that cannot be read revokes all keys. Blocks.
// NOT_FOUND: it does not exist, so that nobody's key can be checked. UNIMPLEMENTED: it is a KRL.
absl::StatusOr<std::shared_ptr<const HostKeyTable>> ReadRevokedKeys(const std::string& path);

// A file that lines are added to, while other programs may do the same. Not thread-safe; blocks.
class KnownHostsFile {
 public:
  // The file, open and locked (flock) until this is destroyed. Must not outlive the KnownHostsFile.
  class Session {
   public:
    // What the file holds when it is not what was read and added last; null when it is.
    const std::shared_ptr<const HostKeyTable>& changed() const { return changed_; }
    // Adds one line, which ends in '\n', in one write; after a line end where the file lacks its
    // last. "FILE:LINE" of it. When it fails, the file is as before.
    absl::StatusOr<std::string> Append(std::string line);

   private:
    friend class KnownHostsFile;
    KnownHostsFile* file_ = nullptr;
    UniqueFd fd_;
    std::shared_ptr<const HostKeyTable> changed_;
  };

  explicit KnownHostsFile(std::string path) : path_(std::move(path)) {}

  absl::StatusOr<std::shared_ptr<const HostKeyTable>> Read(const HostKeyTable* before);
  // Makes the file (0600) and its folder (0700) where missing; follows symbolic links, as OpenSSH.
  // UNAVAILABLE: another program has locked it. Whoever may read the file can do that, for as long
  // as it likes: so this does not wait.
  absl::StatusOr<Session> Open(const HostKeyTable* before);
  // Whether what is written is gone: /dev/null.
  bool IsNull() const;

 private:
  absl::StatusOr<UniqueFd> OpenOrCreate() const;
  // The file, locked; what is locked is still what the path names.
  absl::StatusOr<UniqueFd> OpenLocked() const;
  absl::StatusOr<std::shared_ptr<const HostKeyTable>> ReadFrom(int fd, const HostKeyTable* before);

  const std::string path_;
  struct stat last_ = {};  // when it was read or added to last
  uint32_t lines_ = 0;     // then
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_HOST_KEYS_KNOWN_HOSTS_FILE_H_
