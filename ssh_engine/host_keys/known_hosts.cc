#include "ssh_engine/host_keys/known_hosts.h"

#include <string.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/optional.h"
#include "ssh_engine/base/mutex.h"
#include "ssh_engine/base/wire_reader.h"
#include "ssh_engine/host_keys/hashed_name.h"
#include "ssh_engine/host_keys/host_key_table.h"
#include "ssh_engine/host_keys/known_hosts_file.h"

namespace muster::engine {
namespace {

using Verdict = KnownHosts::Verdict;
using Lookup = KnownHosts::Lookup;
using TablePtr = std::shared_ptr<const HostKeyTable>;

constexpr uint16_t kDefaultPort = 22;

using Marker = HostKeyEntry::Marker;

// One line that is about the host asked for.
struct Candidate {
  Marker marker;
  std::string key_type;
  std::string key_blob;
  std::string where;
};

// What the lines say of a name, and whether there may be others.
struct Candidates {
  std::vector<Candidate> lines;
  bool all = true;       // every line about the name
  bool with_key = true;  // every line about the name that has the key asked for
};

std::string LookupName(absl::string_view host, uint16_t port) {
  const std::string lower = absl::AsciiStrToLower(host);
  return port == kDefaultPort ? lower : absl::StrCat("[", lower, "]:", port);
}

std::string NoteOnRevocation(const Candidate& candidate) {
  return absl::StrCat(
      "That line revokes a key that cannot be read, so no key of this host is "
      "trusted; correct or remove it (",
      candidate.where, ").");
}

std::string NoteOnAuthority(const Candidate& candidate) {
  return absl::StrCat(candidate.where,
                      " trusts a certificate authority for this host (@cert-authority): host "
                      "certificates are not supported, so the host's own key has to be known.");
}

// As OpenSSH decides (hostfile.c, check_hostkeys_by_key_or_type): a host with any other key is a
// changed one, also where only the type differs; or an attacker would but have to offer another
// type.
Lookup DecideByLines(const std::vector<Candidate>& lines, absl::string_view key_blob) {
  Lookup lookup;
  std::string note;
  for (const Candidate& candidate : lines) {
    const bool same = candidate.key_blob == key_blob;
    if (candidate.marker == Marker::kRevoked) {
      if (same) return {Verdict::kRevoked, candidate.where, ""};
      if (candidate.key_blob.empty()) {
        return {Verdict::kRevoked, candidate.where, NoteOnRevocation(candidate)};
      }
    } else if (candidate.marker == Marker::kAuthority) {
      if (note.empty()) note = NoteOnAuthority(candidate);
    } else if (same && lookup.verdict != Verdict::kMatch) {
      lookup = {Verdict::kMatch, candidate.where, ""};
    } else if (lookup.verdict == Verdict::kUnknown) {
      lookup = {Verdict::kChanged, candidate.where, ""};
    }
  }
  if (lookup.verdict != Verdict::kMatch) lookup.note = std::move(note);
  return lookup;
}

// Whether a key is to be refused takes all lines: the host may have another one that they trust.
Lookup Decide(const Candidates& candidates, absl::string_view key_blob) {
  Lookup lookup = DecideByLines(candidates.lines, key_blob);
  const bool certain = candidates.all || (candidates.with_key && lookup.verdict == Verdict::kMatch);
  return certain ? lookup : Lookup(Verdict::kUnsearched, "");
}

// What is written must be one line that means this one host: a host name is another's input.
absl::Status CheckWritable(absl::string_view host, absl::string_view key_type,
                           absl::string_view key_blob) {
  const auto forbidden = [](unsigned char c) {
    return c <= ' ' || c == 0x7f || strchr(",*?!|@#[]\"\\", c) != nullptr;
  };
  if (host.empty() || std::any_of(host.begin(), host.end(), forbidden)) {
    return absl::InvalidArgumentError(absl::StrCat("the host name '", absl::CHexEscape(host),
                                                   "' cannot be written to a known_hosts file"));
  }
  const auto allowed = [](unsigned char c) {
    return absl::ascii_isalnum(c) || strchr("-._@", c) != nullptr;
  };
  if (key_type.empty() || !std::all_of(key_type.begin(), key_type.end(), allowed) ||
      WireReader(key_blob).String() != key_type) {
    return absl::InvalidArgumentError(absl::StrCat("the key of ", host, " is not one of type '",
                                                   absl::CHexEscape(key_type), "'"));
  }
  return absl::OkStatus();
}

class KnownHostsStore : public KnownHosts {
 public:
  // `add_table`: which of the tables is the add file's, if there is one.
  KnownHostsStore(std::vector<TablePtr> tables, std::unique_ptr<KnownHostsFile> add_file,
                  size_t add_table, bool keeps_nothing)
      : add_table_(add_table),
        keeps_nothing_(keeps_nothing),
        add_file_(std::move(add_file)),
        tables_(std::move(tables)) {}

  Lookup Check(absl::string_view host, uint16_t port, absl::string_view key_type,
               absl::string_view key_blob) const override;
  std::vector<std::string> KeyTypes(absl::string_view host, uint16_t port) const override;
  void Search(absl::string_view host, uint16_t port) const override;
  absl::StatusOr<Added> Add(absl::string_view host, uint16_t port, absl::string_view key_type,
                            absl::string_view key_blob, bool hashed) override;
  bool KeepsNothing() const override { return keeps_nothing_; }
  std::string Problems() const override;

  // The table of that file, or null.
  TablePtr TableOf(const std::string& file) const;

 private:
  // The key matters only for what is hashed and not searched yet.
  Candidates Find(const std::string& name, const std::string* key_blob) const;
  std::vector<TablePtr> Tables() const;
  // What was read anew takes the place of the add file's last contents and of what was added to
  // them.
  void ReplaceAddTable(TablePtr table);
  absl::Status CheckAddable(absl::string_view host, uint16_t port, absl::string_view key_type,
                            absl::string_view key_blob, bool* known);
  absl::StatusOr<std::string> WrittenName(const std::string& name, bool hashed) const;
  void Remember(const std::string& name, Candidate candidate);

  const size_t add_table_;
  const bool keeps_nothing_;

  Mutex add_mutex_;  // taken before mutex_
  // Null without a file to add to.
  const std::unique_ptr<KnownHostsFile> add_file_ ABSL_PT_GUARDED_BY(add_mutex_);

  mutable Mutex mutex_;
  // In the order of the files.
  std::vector<TablePtr> tables_ ABSL_GUARDED_BY(mutex_);
  // What was added since the add file was read last, by the names looked up.
  absl::flat_hash_map<std::string, std::vector<Candidate>> added_ ABSL_GUARDED_BY(mutex_);
};

std::vector<TablePtr> KnownHostsStore::Tables() const {
  MutexLock lock(&mutex_);
  return tables_;
}

TablePtr KnownHostsStore::TableOf(const std::string& file) const {
  for (const TablePtr& table : Tables()) {
    if (table->file() == file) return table;
  }
  return nullptr;
}

Candidates KnownHostsStore::Find(const std::string& name, const std::string* key_blob) const {
  std::vector<TablePtr> tables;
  std::vector<Candidate> added;
  {
    MutexLock lock(&mutex_);
    tables = tables_;
    if (const auto it = added_.find(name); it != added_.end()) added = it->second;
  }
  Candidates found;
  for (const TablePtr& table : tables) {
    const auto take = [&](const HostKeyTable::Entries& entries) {
      for (const HostKeyEntry* entry : entries) {
        found.lines.push_back({entry->marker, entry->key_type, entry->key_blob,
                               absl::StrCat(table->file(), ":", entry->line)});
      }
    };
    take(table->Find(name));
    if (table->IsSearched(name)) continue;
    found.all = false;
    if (key_blob == nullptr) continue;
    const absl::optional<HostKeyTable::Entries> hashed = table->FindHashed(name, *key_blob);
    hashed ? take(*hashed) : void(found.with_key = false);
  }
  std::move(added.begin(), added.end(), std::back_inserter(found.lines));
  return found;
}

Lookup KnownHostsStore::Check(absl::string_view host, uint16_t port, absl::string_view,
                              absl::string_view key_blob) const {
  const std::string blob(key_blob);
  Lookup lookup = Decide(Find(LookupName(host, port), &blob), blob);
  if (lookup.verdict != Verdict::kUnknown || port == kDefaultPort) return lookup;
  // As OpenSSH does (sshconnect.c, check_host_key, "checking without port identifier"): the key
  // that the host is known by at port 22 is good at other ports too. Another key there says nothing
  // about this port. A revoked one is refused here, where OpenSSH would go on to ask.
  Lookup plain = Decide(Find(LookupName(host, kDefaultPort), &blob), blob);
  if (plain.verdict != Verdict::kChanged && plain.verdict != Verdict::kUnknown) return plain;
  if (lookup.note.empty()) lookup.note = std::move(plain.note);
  return lookup;
}

std::vector<std::string> KnownHostsStore::KeyTypes(absl::string_view host, uint16_t port) const {
  std::vector<std::string> types;
  for (const Candidate& candidate : Find(LookupName(host, port), nullptr).lines) {
    const bool listed = std::find(types.begin(), types.end(), candidate.key_type) != types.end();
    if (candidate.marker == Marker::kNone && !listed) types.push_back(candidate.key_type);
  }
  if (types.empty() && port != kDefaultPort) return KeyTypes(host, kDefaultPort);
  return types;
}

void KnownHostsStore::Search(absl::string_view host, uint16_t port) const {
  const std::string name = LookupName(host, port);
  for (const TablePtr& table : Tables()) table->Search(name);
  if (port != kDefaultPort) Search(host, kDefaultPort);
}

// Whether the key may be written, now that the file is locked and what it holds is known.
absl::Status KnownHostsStore::CheckAddable(absl::string_view host, uint16_t port,
                                           absl::string_view key_type, absl::string_view key_blob,
                                           bool* known) {
  Lookup lookup = Check(host, port, key_type, key_blob);
  if (lookup.verdict == Verdict::kUnsearched) {
    Search(host, port);
    lookup = Check(host, port, key_type, key_blob);
  }
  *known = lookup.verdict == Verdict::kMatch;
  if (*known || lookup.verdict == Verdict::kUnknown) return absl::OkStatus();
  const char* const what = lookup.verdict == Verdict::kRevoked
                               ? " has meanwhile revoked this key of "
                               : " has meanwhile another key of ";
  return absl::AbortedError(absl::StrCat(lookup.where, what, host));
}

absl::StatusOr<std::string> KnownHostsStore::WrittenName(const std::string& name,
                                                         bool hashed) const {
  if (!hashed) return name;
  std::string text;
  const absl::StatusOr<HashedName> made = HashedName::Make(name, &text);
  if (!made.ok()) return made.status();
  Tables()[add_table_]->Learn(*made, name);
  return text;
}

absl::StatusOr<KnownHosts::Added> KnownHostsStore::Add(absl::string_view host, uint16_t port,
                                                       absl::string_view key_type,
                                                       absl::string_view key_blob, bool hashed) {
  if (absl::Status writable = CheckWritable(host, key_type, key_blob); !writable.ok()) {
    return writable;
  }
  if (keeps_nothing_) return Added::kNotKept;
  MutexLock lock(&add_mutex_);
  if (add_file_ == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat("there is no known_hosts file to write the key of ", host, " to"));
  }
  absl::StatusOr<KnownHostsFile::Session> session = add_file_->Open(Tables()[add_table_].get());
  if (!session.ok()) return session.status();
  if (session->changed() != nullptr) ReplaceAddTable(session->changed());

  bool known = false;
  const absl::Status addable = CheckAddable(host, port, key_type, key_blob, &known);
  if (!addable.ok()) return addable;
  if (known) return Added::kKnown;
  const std::string name = LookupName(host, port);
  const absl::StatusOr<std::string> written = WrittenName(name, hashed);
  if (!written.ok()) return written.status();
  const absl::StatusOr<std::string> where = session->Append(
      absl::StrCat(*written, " ", key_type, " ", absl::Base64Escape(key_blob), "\n"));
  if (!where.ok()) return where.status();
  Remember(name, {Marker::kNone, std::string(key_type), std::string(key_blob), *where});
  return Added::kWritten;
}

void KnownHostsStore::ReplaceAddTable(TablePtr table) {
  MutexLock lock(&mutex_);
  tables_[add_table_].swap(table);
  added_.clear();
}

void KnownHostsStore::Remember(const std::string& name, Candidate candidate) {
  MutexLock lock(&mutex_);
  added_[name].push_back(std::move(candidate));
}

std::string KnownHostsStore::Problems() const {
  uint32_t bad = 0, authorities = 0;
  std::string first;
  std::vector<std::string> sentences;
  for (const TablePtr& table : Tables()) {
    if (first.empty()) first = table->first_bad_line();
    bad += table->bad_lines();
    authorities += table->authority_lines();
    for (const std::string& line : table->unreadable_revocations()) {
      sentences.push_back(absl::StrCat(line,
                                       ". The line revokes a key, so the hosts that it is about "
                                       "are refused, whatever their keys."));
    }
  }
  if (bad != 0) {
    sentences.push_back(absl::StrCat(
        bad, bad == 1 ? " line" : " lines",
        " of known_hosts could not be read and count for nothing; the first: ", first, "."));
  }
  if (authorities != 0) {
    sentences.push_back(absl::StrCat(authorities, authorities == 1 ? " line" : " lines",
                                     " of known_hosts with @cert-authority count for nothing: "
                                     "host certificates are not supported."));
  }
  return absl::StrJoin(sentences, " ");
}

}  // namespace

absl::StatusOr<std::shared_ptr<KnownHosts>> LoadKnownHosts(const std::vector<std::string>& files,
                                                           const std::string& add_file,
                                                           const KnownHosts* before,
                                                           const std::string& revoked_file) {
  const auto* const old = dynamic_cast<const KnownHostsStore*>(before);
  std::vector<std::string> paths = files;
  std::unique_ptr<KnownHostsFile> writer;
  if (!add_file.empty()) {
    writer = std::make_unique<KnownHostsFile>(add_file);
    if (!absl::c_linear_search(paths, add_file)) paths.push_back(add_file);
  }
  const size_t add_table = std::find(paths.begin(), paths.end(), add_file) - paths.begin();
  std::vector<TablePtr> tables;
  for (size_t i = 0; i < paths.size(); ++i) {
    const TablePtr old_table = old != nullptr ? old->TableOf(paths[i]) : nullptr;
    absl::StatusOr<TablePtr> table = writer != nullptr && i == add_table
                                         ? writer->Read(old_table.get())
                                         : ReadKnownHosts(paths[i], old_table.get());
    if (!table.ok()) return table.status();
    tables.push_back(*std::move(table));
  }
  if (!revoked_file.empty()) {
    absl::StatusOr<TablePtr> table = ReadRevokedKeys(revoked_file);
    if (!table.ok()) return table.status();
    tables.push_back(*std::move(table));
  }
  const bool keeps_nothing = writer != nullptr && writer->IsNull();
  return std::make_shared<KnownHostsStore>(std::move(tables), std::move(writer), add_table,
                                           keeps_nothing);
}

}  // namespace muster::engine
