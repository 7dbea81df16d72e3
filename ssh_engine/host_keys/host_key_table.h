// The lines of one known_hosts file, made fast to search.
#ifndef SSH_ENGINE_HOST_KEYS_HOST_KEY_TABLE_H_
#define SSH_ENGINE_HOST_KEYS_HOST_KEY_TABLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "ssh_engine/base/mutex.h"
#include "ssh_engine/host_keys/hashed_name.h"

namespace muster::engine {

struct HostKeyEntry {
  enum class Marker { kNone, kRevoked, kAuthority };

  Marker marker = Marker::kNone;
  std::string key_type;
  // Wire format. Of a certificate that is revoked: the key that it is for. Empty: of a line that
  // revokes a key that cannot be read.
  std::string key_blob;
  uint32_t line = 0;  // from 1
};

// As OpenSSH reads the format (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"; hostfile.c, match.c). Plain
// names are found by hashing; wildcards and negations by trying each. What a hashed name stands for
// is found out by trying: a few lines at a time (those with a given key), or, where that does not
// answer the question, all of them (Search), once for each name. Thread-safe.
class HostKeyTable {
 public:
  using Entries = std::vector<const HostKeyEntry*>;  // in their order; as long as the table lives

  // `before`: what an earlier version of the file has found out counts here, too. May be null.
  HostKeyTable(std::string file, absl::string_view text, const HostKeyTable* before = nullptr);
  HostKeyTable(const HostKeyTable&) = delete;
  HostKeyTable& operator=(const HostKeyTable&) = delete;

  // The lines that are about `name` ("host" or "[host]:port", in lower case), as far as that is
  // known: all of them, if IsSearched.
  Entries Find(const std::string& name) const;
  bool IsSearched(const std::string& name) const;
  // The hashed lines that are about `name` and have this key, or revoke one that cannot be read.
  // nullopt where that would take long: more than 64 lines have it. Less than 10 us.
  absl::optional<Entries> FindHashed(const std::string& name, const std::string& key_blob) const;

  // Tries all hashed lines. Remembers what came of it, also when that was nothing. Takes up to 0.1
  // us for each line: helper threads only.
  void Search(const std::string& name) const;
  // A line that is about to be in the file, and what its hashed name stands for.
  void Learn(const HashedName& hashed, const std::string& name) const;

  const std::string& file() const { return file_; }
  uint32_t lines() const { return lines_; }
  // Lines that could not be read, and "FILE:LINE: why" of the first.
  uint32_t bad_lines() const { return bad_lines_; }
  const std::string& first_bad_line() const { return first_bad_line_; }
  uint32_t authority_lines() const { return authority_lines_; }
  // "FILE:LINE: why" of lines that revoke a key that cannot be read.
  const std::vector<std::string>& unreadable_revocations() const { return unreadable_; }

 private:
  struct HashedLine {
    HashedName name;
    uint32_t entry;
  };
  struct PatternList {
    std::string patterns;  // lower case
    uint32_t entry;
  };
  // Which hashed lines a name was tried with: those of an earlier version of the file, or all.
  enum class Tried { kOld, kAll };
  struct Searched {
    std::vector<uint32_t> found;  // entries
    Tried tried = Tried::kOld;
  };

  // Not an error: comments, blank lines, keys of SSH 1.
  absl::Status ParseLine(absl::string_view line);
  absl::Status ReadKey(absl::string_view line, HostKeyEntry* entry);
  absl::Status AddEntry(absl::string_view names, HostKeyEntry entry);
  absl::Status AddNames(absl::string_view names);
  absl::Status AddHashedName(absl::string_view name);
  void IndexHashed();
  void TakeOver(const HostKeyTable& before);
  void TryFresh(const std::string& name, Searched* searched) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // At most kMaxRemembered of each; then begins anew.
  void MakeRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Remember(const std::string& name, const std::vector<const HashedLine*>& found) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Entries EntriesOf(const std::vector<uint32_t>& indexes) const;

  // Constant after construction.
  const std::string file_;
  uint32_t lines_ = 0;
  uint32_t bad_lines_ = 0;
  uint32_t authority_lines_ = 0;
  std::string first_bad_line_;
  std::vector<std::string> unreadable_;
  std::vector<HostKeyEntry> entries_;
  absl::flat_hash_map<std::string, std::vector<uint32_t>> plain_;
  std::vector<PatternList> patterns_;
  std::vector<HashedLine> hashed_;
  absl::flat_hash_map<std::string, std::vector<uint32_t>> by_key_;  // hashed_, by key_blob
  std::vector<uint32_t> fresh_;  // of hashed_: those that the earlier version did not have

  mutable Mutex mutex_;
  // At most kMaxRemembered names; then begins anew.
  mutable absl::flat_hash_map<std::string, Searched> searched_ ABSL_GUARDED_BY(mutex_);
  // What hashed names stand for, by their digests.
  mutable absl::flat_hash_map<std::string, std::string> names_ ABSL_GUARDED_BY(mutex_);
};

// Whether `name` matches a comma-separated list of patterns with '*', '?' and leading '!', as
// OpenSSH's match_hostname; both in lower case.
bool MatchesPatternList(absl::string_view name, absl::string_view patterns);

}  // namespace muster::engine

#endif  // SSH_ENGINE_HOST_KEYS_HOST_KEY_TABLE_H_
