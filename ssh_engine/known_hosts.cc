#include "ssh_engine/known_hosts.h"

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
#include "ssh_engine/host_key_table.h"
#include "ssh_engine/known_hosts_file.h"
#include "ssh_engine/mutex.h"
#include "ssh_engine/wire_reader.h"

namespace muster::engine {
namespace {

using Verdict = KnownHosts::Verdict;
using Lookup = KnownHosts::Lookup;
using TablePtr = std::shared_ptr<const HostKeyTable>;

constexpr uint16_t kDefaultPort = 22;

// One line that is about the host asked for.
struct Candidate {
  bool revoked;
  std::string key_type;
  std::string key_blob;
  std::string where;
};

std::string LookupName(absl::string_view host, uint16_t port) {
  const std::string lower = absl::AsciiStrToLower(host);
  return port == kDefaultPort ? lower : absl::StrCat("[", lower, "]:", port);
}

// As OpenSSH decides (hostfile.c, check_hostkeys_by_key_or_type): a host with any other key is a
// changed one, also where only the type differs; or an attacker would but have to offer another
// type.
Lookup Decide(const std::vector<Candidate>& candidates, absl::string_view key_blob) {
  Lookup lookup;
  for (const Candidate& candidate : candidates) {
    const bool same = candidate.key_blob == key_blob;
    if (candidate.revoked && same) return {Verdict::kRevoked, candidate.where};
    if (candidate.revoked || lookup.verdict == Verdict::kMatch) continue;
    if (same) {
      lookup = {Verdict::kMatch, candidate.where};
    } else if (lookup.verdict == Verdict::kUnknown) {
      lookup = {Verdict::kChanged, candidate.where};
    }
  }
  return lookup;
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
                  size_t add_table)
      : add_table_(add_table), add_file_(std::move(add_file)), tables_(std::move(tables)) {}

  Lookup Check(absl::string_view host, uint16_t port, absl::string_view key_type,
               absl::string_view key_blob) const override;
  std::vector<std::string> KeyTypes(absl::string_view host, uint16_t port) const override;
  absl::Status Add(absl::string_view host, uint16_t port, absl::string_view key_type,
                   absl::string_view key_blob) override;
  std::string Problems() const override;

 private:
  std::vector<Candidate> Find(const std::string& name) const;
  std::vector<TablePtr> Tables() const;
  // What was read anew takes the place of the add file's last contents and of what was added to
  // them.
  void ReplaceAddTable(TablePtr table);
  void Remember(const std::string& name, Candidate candidate);

  const size_t add_table_;

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

std::vector<Candidate> KnownHostsStore::Find(const std::string& name) const {
  std::vector<TablePtr> tables;
  std::vector<Candidate> added;
  {
    MutexLock lock(&mutex_);
    tables = tables_;
    if (const auto it = added_.find(name); it != added_.end()) added = it->second;
  }
  // The tables are searched without the lock: hashed names may take milliseconds.
  std::vector<Candidate> candidates;
  for (const TablePtr& table : tables) {
    for (const HostKeyEntry* entry : table->Find(name)) {
      candidates.push_back({entry->revoked, entry->key_type, entry->key_blob,
                            absl::StrCat(table->file(), ":", entry->line)});
    }
  }
  std::move(added.begin(), added.end(), std::back_inserter(candidates));
  return candidates;
}

Lookup KnownHostsStore::Check(absl::string_view host, uint16_t port, absl::string_view,
                              absl::string_view key_blob) const {
  const Lookup lookup = Decide(Find(LookupName(host, port)), key_blob);
  if (lookup.verdict != Verdict::kUnknown || port == kDefaultPort) return lookup;
  // As OpenSSH does (sshconnect.c, check_host_key, "checking without port identifier"): the key
  // that the host is known by at port 22 is good at other ports too. Another key there says nothing
  // about this port. A revoked one is refused here, where OpenSSH would go on to ask.
  const Lookup plain = Decide(Find(LookupName(host, kDefaultPort)), key_blob);
  return plain.verdict == Verdict::kChanged ? Lookup() : plain;
}

std::vector<std::string> KnownHostsStore::KeyTypes(absl::string_view host, uint16_t port) const {
  std::vector<std::string> types;
  for (const Candidate& candidate : Find(LookupName(host, port))) {
    const bool listed = std::find(types.begin(), types.end(), candidate.key_type) != types.end();
    if (!candidate.revoked && !listed) types.push_back(candidate.key_type);
  }
  if (types.empty() && port != kDefaultPort) return KeyTypes(host, kDefaultPort);
  return types;
}

absl::Status KnownHostsStore::Add(absl::string_view host, uint16_t port, absl::string_view key_type,
                                  absl::string_view key_blob) {
  if (absl::Status writable = CheckWritable(host, key_type, key_blob); !writable.ok()) {
    return writable;
  }
  MutexLock lock(&add_mutex_);
  if (add_file_ == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat("there is no known_hosts file to write the key of ", host, " to"));
  }
  absl::StatusOr<KnownHostsFile::Session> session = add_file_->Open();
  if (!session.ok()) return session.status();
  if (session->changed() != nullptr) ReplaceAddTable(session->changed());

  const Lookup lookup = Check(host, port, key_type, key_blob);
  if (lookup.verdict == Verdict::kMatch) return absl::OkStatus();
  if (lookup.verdict != Verdict::kUnknown) {
    return absl::AbortedError(absl::StrCat(lookup.where,
                                           lookup.verdict == Verdict::kRevoked
                                               ? " has meanwhile revoked this key of "
                                               : " has meanwhile another key of ",
                                           host));
  }
  const std::string name = LookupName(host, port);
  const absl::StatusOr<std::string> where =
      session->Append(absl::StrCat(name, " ", key_type, " ", absl::Base64Escape(key_blob), "\n"));
  if (!where.ok()) return where.status();
  Remember(name, {false, std::string(key_type), std::string(key_blob), *where});
  return absl::OkStatus();
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
  for (const TablePtr& table : Tables()) {
    if (first.empty()) first = table->first_bad_line();
    bad += table->bad_lines();
    authorities += table->authority_lines();
  }
  std::vector<std::string> sentences;
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
                                                           const std::string& add_file) {
  std::vector<std::string> paths = files;
  std::unique_ptr<KnownHostsFile> writer;
  if (!add_file.empty()) {
    writer = std::make_unique<KnownHostsFile>(add_file);
    if (!absl::c_linear_search(paths, add_file)) paths.push_back(add_file);
  }
  const size_t add_table = std::find(paths.begin(), paths.end(), add_file) - paths.begin();
  std::vector<TablePtr> tables;
  for (size_t i = 0; i < paths.size(); ++i) {
    absl::StatusOr<TablePtr> table =
        writer != nullptr && i == add_table ? writer->Read() : ReadKnownHosts(paths[i]);
    if (!table.ok()) return table.status();
    tables.push_back(*std::move(table));
  }
  return std::make_shared<KnownHostsStore>(std::move(tables), std::move(writer), add_table);
}

}  // namespace muster::engine
