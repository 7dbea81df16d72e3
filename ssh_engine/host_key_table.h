// The lines of one known_hosts file, made fast to search.
#ifndef SSH_ENGINE_HOST_KEY_TABLE_H_
#define SSH_ENGINE_HOST_KEY_TABLE_H_

// libssh and OpenSSL 3 offer no other way to keep a half-computed SHA-1 in a small value.
#ifndef OPENSSL_SUPPRESS_DEPRECATED
#define OPENSSL_SUPPRESS_DEPRECATED
#endif
#include <openssl/sha.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "ssh_engine/mutex.h"

namespace muster::engine {

struct HostKeyEntry {
  bool revoked = false;
  std::string key_type;
  std::string key_blob;  // wire format
  uint32_t line = 0;     // from 1
};

// As OpenSSH reads the format (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"; hostfile.c, match.c). Plain
// names are found by hashing; wildcards and negations by trying each; a hashed name costs one HMAC
// for each hashed line, once for each name asked for. Thread-safe.
class HostKeyTable {
 public:
  HostKeyTable(std::string file, absl::string_view text);
  HostKeyTable(const HostKeyTable&) = delete;
  HostKeyTable& operator=(const HostKeyTable&) = delete;

  // The lines that are about `name` ("host" or "[host]:port", in lower case), in their order. The
  // pointers live as long as the table.
  std::vector<const HostKeyEntry*> Find(const std::string& name) const;

  const std::string& file() const { return file_; }
  uint32_t lines() const { return lines_; }
  // Lines that could not be read, and "FILE:LINE: why" of the first.
  uint32_t bad_lines() const { return bad_lines_; }
  const std::string& first_bad_line() const { return first_bad_line_; }
  uint32_t authority_lines() const { return authority_lines_; }

 private:
  using Digest = std::array<unsigned char, SHA_DIGEST_LENGTH>;

  // A name as HMAC-SHA1 under the line's salt. The salt is hashed in already, so that a try takes
  // two blocks of SHA-1 and no allocation, a fifth of what EVP_MAC takes.
  struct HashedName {
    SHA_CTX inner;
    SHA_CTX outer;
    Digest digest;
    uint32_t entry;
  };
  struct PatternList {
    std::string patterns;  // lower case
    uint32_t entry;
  };

  // Not an error: comments, blank lines, keys of SSH 1.
  absl::Status ParseLine(absl::string_view line);
  absl::Status AddNames(absl::string_view names);
  absl::Status AddHashedName(absl::string_view name);
  std::vector<uint32_t> FindHashed(const std::string& name) const;

  // Constant after construction.
  const std::string file_;
  uint32_t lines_ = 0;
  uint32_t bad_lines_ = 0;
  uint32_t authority_lines_ = 0;
  std::string first_bad_line_;
  std::vector<HostKeyEntry> entries_;
  absl::flat_hash_map<std::string, std::vector<uint32_t>> plain_;
  std::vector<PatternList> patterns_;
  std::vector<HashedName> hashed_;

  // What FindHashed found, also when that was nothing. At most kMaxCached names; then begins anew.
  mutable Mutex mutex_;
  mutable absl::flat_hash_map<std::string, std::vector<uint32_t>> cache_ ABSL_GUARDED_BY(mutex_);
};

// Whether `name` matches a comma-separated list of patterns with '*', '?' and leading '!', as
// OpenSSH's match_hostname; both in lower case.
bool MatchesPatternList(absl::string_view name, absl::string_view patterns);

}  // namespace muster::engine

#endif  // SSH_ENGINE_HOST_KEY_TABLE_H_
