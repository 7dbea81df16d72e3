// The host keys that a user trusts, as OpenSSH keeps them.
#ifndef SSH_ENGINE_HOST_KEYS_KNOWN_HOSTS_H_
#define SSH_ENGINE_HOST_KEYS_KNOWN_HOSTS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace muster::engine {

enum class HostKeyPolicy {
  kStrict,     // an unknown key is rejected
  kAcceptNew,  // an unknown key is accepted and written down; a changed one is rejected
  kOff,        // every key is accepted that is not revoked, and none is written down
};

// A store in memory of one or more known_hosts files (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"):
// plain and hashed names, [host]:port, wildcards, negation, @revoked. Host certificates are not
// supported: @cert-authority lines trust nothing, and are told (Problems, Lookup::note).
// Thread-safe; shared by the loops and by the runs that name the same files.
class KnownHosts {
 public:
  enum class Verdict {
    kMatch,
    kUnknown,
    kChanged,
    kRevoked,
    kUnsearched,  // to tell, hashed names have to be tried: Search, then ask again
  };
  struct Lookup {
    Lookup() = default;
    Lookup(Verdict its_verdict, std::string its_where, std::string its_note = "")
        : verdict(its_verdict), where(std::move(its_where)), note(std::move(its_note)) {}

    Verdict verdict = Verdict::kUnknown;
    std::string where;  // "FILE:LINE" of the line that decided; empty for kUnknown
    std::string note;  // a sentence about lines that are for this host and cannot be used; or empty
  };
  enum class Added {
    kWritten,
    kKnown,    // it was there already; another program may have written it
    kNotKept,  // the file is /dev/null: accepted, as ssh does, and forgotten
  };

  virtual ~KnownHosts() = default;

  // `key_blob` is the public key in the wire format (RFC 4253, 6.6). `port` 22 is looked up as
  // `host`, any other as `[host]:port`, and where that is unknown, `host` with this very key will
  // do, as with OpenSSH. Case of `host` does not matter. A host that is known by other keys alone
  // is changed, of whatever type they are. A certificate that is revoked revokes its key; a line
  // that revokes a key that cannot be read revokes all keys of the hosts it names. Fit for loops:
  // where names are hashed, tries those of lines with this key, if there are at most 64 of them;
  // where that is no match, it takes Search to tell.
  virtual Lookup Check(absl::string_view host, uint16_t port, absl::string_view key_type,
                       absl::string_view key_blob) const = 0;

  // The key types ("ssh-ed25519", ...) of the trusted lines for this host, each once, in the order
  // of the files; what is asked of the server first, so that a known key is offered. Hashed names
  // count once they were searched. Fit for loops.
  virtual std::vector<std::string> KeyTypes(absl::string_view host, uint16_t port) const = 0;

  // Tries all hashed names, up to 0.1 us for each, and remembers what came of it: helper threads
  // only.
  virtual void Search(absl::string_view host, uint16_t port) const = 0;

  // Trusts the key from now on and appends it to the first file, in one write under a lock of the
  // file, with the folder made (0700) and the file made (0600) where missing. `hashed`: as ssh does
  // with HashKnownHosts. A key that is there already is not written twice, also when another
  // program wrote it meanwhile. Blocks, but for no lock: helper threads only. When it fails,
  // nothing is trusted: INVALID_ARGUMENT (a name or key that would not make one line about one
  // host), ABORTED (the host has another key by now, or this one is revoked), FAILED_PRECONDITION
  // (no file to add to), UNAVAILABLE (another program has locked the file: try again), or what the
  // file system says.
  virtual absl::StatusOr<Added> Add(absl::string_view host, uint16_t port,
                                    absl::string_view key_type, absl::string_view key_blob,
                                    bool hashed) = 0;
  // Whether Add would not keep the key.
  virtual bool KeepsNothing() const = 0;

  // How many lines could not be read, and the first of them; how many @cert-authority lines there
  // are; lines that revoke a key that cannot be read. For a warning ("" when none).
  virtual std::string Problems() const = 0;
};

// Reads the files. Blocks. A file that does not exist counts as empty; one that cannot be read, or
// is larger than 256 MiB, is an error that names it (FAILED_PRECONDITION where it may not be read).
// `add_file` is what Add appends to; it is read too, after the others where it is not among
// `files`. Empty: Add is refused. `before`: what it has found out about hashed names is taken over;
// may be null.
// `revoked_file`: of keys that no host may have (ReadRevokedKeys), with its errors; empty: none.
absl::StatusOr<std::shared_ptr<KnownHosts>> LoadKnownHosts(const std::vector<std::string>& files,
                                                           const std::string& add_file,
                                                           const KnownHosts* before = nullptr,
                                                           const std::string& revoked_file = "");

}  // namespace muster::engine

#endif  // SSH_ENGINE_HOST_KEYS_KNOWN_HOSTS_H_
