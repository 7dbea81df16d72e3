// The host keys that a user trusts, as OpenSSH keeps them.
#ifndef SSH_ENGINE_KNOWN_HOSTS_H_
#define SSH_ENGINE_KNOWN_HOSTS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace muster::engine {

enum class HostKeyPolicy {
  kStrict,     // an unknown key is rejected
  kAcceptNew,  // an unknown key is accepted and written down; a changed one is rejected
};

// A store in memory of one or more known_hosts files (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"):
// plain and hashed names, [host]:port, wildcards, negation, @revoked. @cert-authority lines are
// counted, not used. Thread-safe; shared by the loops and by the runs that name the same files.
class KnownHosts {
 public:
  enum class Verdict { kMatch, kUnknown, kChanged, kRevoked };
  struct Lookup {
    Verdict verdict = Verdict::kUnknown;
    std::string where;  // "FILE:LINE" of the line that decided; empty for kUnknown
  };

  virtual ~KnownHosts() = default;

  // `key_blob` is the public key in the wire format (RFC 4253, 6.6). `port` 22 is looked up as
  // `host`, any other as `[host]:port`, and where that is unknown, `host` with this very key will
  // do, as with OpenSSH. Case of `host` does not matter. A host that is known by other keys alone
  // is changed, of whatever type they are. The first look-up of a name takes some 0.2 us for each
  // hashed line.
  virtual Lookup Check(absl::string_view host, uint16_t port, absl::string_view key_type,
                       absl::string_view key_blob) const = 0;

  // The key types ("ssh-ed25519", ...) of the trusted lines for this host, each once, in the order
  // of the files; what is asked of the server first, so that a known key is offered.
  virtual std::vector<std::string> KeyTypes(absl::string_view host, uint16_t port) const = 0;

  // Trusts the key from now on and appends it to the first file, in one write under a lock of the
  // file, with the folder made (0700) and the file made (0600) where missing. A key that is there
  // already is not written twice, also when another program wrote it meanwhile. Blocks: helper
  // threads only. When it fails, nothing is trusted: INVALID_ARGUMENT (a name or key that would not
  // make one line about one host), ABORTED (the host has another key by now, or this one is
  // revoked), FAILED_PRECONDITION (no file to add to), or what the file system says.
  virtual absl::Status Add(absl::string_view host, uint16_t port, absl::string_view key_type,
                           absl::string_view key_blob) = 0;

  // How many lines could not be read, and the first of them; how many @cert-authority lines there
  // are. For a warning ("" when none).
  virtual std::string Problems() const = 0;
};

// Reads the files. Blocks. A file that does not exist counts as empty; one that cannot be read, or
// is larger than 256 MiB, is an error that names it. `add_file` is what Add appends to; it is read
// too, after the others where it is not among `files`. Empty: Add is refused.
absl::StatusOr<std::shared_ptr<KnownHosts>> LoadKnownHosts(const std::vector<std::string>& files,
                                                           const std::string& add_file);

}  // namespace muster::engine

#endif  // SSH_ENGINE_KNOWN_HOSTS_H_
