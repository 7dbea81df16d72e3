#include "ssh_engine/host_keys/host_key_table.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "ssh_engine/base/wire_reader.h"

namespace muster::engine {
namespace {

constexpr size_t kMaxRemembered = 100'000;  // names
constexpr size_t kFew = 64;                 // hashed lines that are tried at once

// Takes the next word, and the blanks before it, off the front of `line`.
absl::string_view TakeWord(absl::string_view* line) {
  *line = absl::StripLeadingAsciiWhitespace(*line);
  const absl::string_view word = line->substr(0, line->find_first_of(" \t"));
  line->remove_prefix(word.size());
  return word;
}

bool IsNumber(absl::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), absl::ascii_isdigit);
}

// match.c, match_pattern.
bool MatchesPattern(absl::string_view name, absl::string_view pattern) {
  size_t at = 0, in_name = 0;
  size_t star = absl::string_view::npos, retry = 0;  // the last '*', and where it may stretch to
  while (in_name < name.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      retry = in_name;
    } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == name[in_name])) {
      ++at;
      ++in_name;
    } else if (star != absl::string_view::npos) {
      at = star + 1;
      in_name = ++retry;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == absl::string_view::npos;
}

absl::Status Bad(absl::string_view why) { return absl::InvalidArgumentError(why); }

// sshkey.c, sshkey_type_from_name: names of signatures stand for the key that makes them.
absl::string_view KeyTypeOfName(absl::string_view name) {
  if (name == "rsa-sha2-256" || name == "rsa-sha2-512") return "ssh-rsa";
  if (name == "rsa-sha2-256-cert-v01@openssh.com" || name == "rsa-sha2-512-cert-v01@openssh.com") {
    return "ssh-rsa-cert-v01@openssh.com";
  }
  return name;
}

constexpr absl::string_view kCertificate = "-cert-v01@openssh.com";

std::string WireString(absl::string_view text) {
  std::string wire;
  for (int shift = 24; shift >= 0; shift -= 8) {
    wire.push_back(static_cast<char>(text.size() >> shift));
  }
  return absl::StrCat(wire, text);
}

// How many fields the public key of a certificate has (OpenSSH's PROTOCOL.certkeys); 0: not known.
int KeyFields(absl::string_view plain_type) {
  if (plain_type == "ssh-ed25519") return 1;
  if (plain_type == "ssh-rsa" || absl::StartsWith(plain_type, "ecdsa-sha2-")) return 2;
  return plain_type == "ssh-dss" ? 4 : 0;
}

// The key that a certificate is for. nullopt: not readable.
absl::optional<std::string> CertifiedKey(absl::string_view certificate) {
  WireReader reader(certificate);
  absl::optional<absl::string_view> type = reader.String();
  if (!type || !absl::ConsumeSuffix(&*type, kCertificate) || !reader.String()) return absl::nullopt;
  std::string blob = WireString(*type);
  const int fields = KeyFields(*type);
  for (int i = 0; i < fields; ++i) {
    const absl::optional<absl::string_view> field = reader.String();
    if (!field) return absl::nullopt;
    absl::StrAppend(&blob, WireString(*field));
  }
  if (fields == 0) return absl::nullopt;
  return blob;
}

}  // namespace

bool MatchesPatternList(absl::string_view name, absl::string_view patterns) {
  bool matches = false;
  for (absl::string_view pattern : absl::StrSplit(patterns, ',')) {
    const bool negated = absl::ConsumePrefix(&pattern, "!");
    if (!MatchesPattern(name, pattern)) continue;
    if (negated) return false;
    matches = true;
  }
  return matches;
}

HostKeyTable::HostKeyTable(std::string file, absl::string_view text, const HostKeyTable* before)
    : file_(std::move(file)) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    ++lines_;
    const absl::Status parsed = ParseLine(text.substr(0, end));
    if (!parsed.ok() && bad_lines_++ == 0) {
      first_bad_line_ = absl::StrCat(file_, ":", lines_, ": ", parsed.message());
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (before != nullptr) TakeOver(*before);
  IndexHashed();
}

// --- Reading

absl::Status HostKeyTable::ParseLine(absl::string_view line) {
  line = absl::StripAsciiWhitespace(line);
  if (line.empty() || line.front() == '#') return absl::OkStatus();
  HostKeyEntry entry;
  entry.line = lines_;
  absl::string_view names = TakeWord(&line);
  if (names.front() == '@') {
    if (names != "@revoked" && names != "@cert-authority") {
      return Bad("a marker is @revoked or @cert-authority");
    }
    entry.marker =
        names == "@revoked" ? HostKeyEntry::Marker::kRevoked : HostKeyEntry::Marker::kAuthority;
    names = TakeWord(&line);
    if (absl::StartsWith(names, "@")) return Bad("a line has one marker at most");
  }
  if (names.empty()) return Bad("expected host names, key type and key");
  absl::string_view rest = line;
  if (IsNumber(TakeWord(&rest)))
    return absl::OkStatus();  // a key of SSH 1: bits, exponent, modulus
  const absl::Status key = ReadKey(line, &entry);
  if (!key.ok()) {
    if (entry.marker != HostKeyEntry::Marker::kRevoked) return key;
    entry.key_blob.clear();
    unreadable_.push_back(absl::StrCat(file_, ":", lines_, ": ", key.message()));
  }
  if (entry.marker == HostKeyEntry::Marker::kAuthority) ++authority_lines_;
  return AddEntry(names, std::move(entry));
}

absl::Status HostKeyTable::ReadKey(absl::string_view line, HostKeyEntry* entry) {
  const absl::string_view type = KeyTypeOfName(TakeWord(&line));
  const absl::string_view base64 = TakeWord(&line);
  if (base64.empty()) return Bad("expected host names, key type and key");
  if (!absl::Base64Unescape(base64, &entry->key_blob)) return Bad("the key is not base64");
  if (WireReader(entry->key_blob).String() != type) return Bad("the key is not of the type named");
  entry->key_type = std::string(type);
  if (entry->marker != HostKeyEntry::Marker::kRevoked || !absl::EndsWith(type, kCertificate)) {
    return absl::OkStatus();
  }
  // hostfile.c, check_key_not_revoked: a certificate revokes the key that it is for.
  absl::optional<std::string> certified = CertifiedKey(entry->key_blob);
  if (!certified) return Bad(absl::StrCat("a certificate of type ", type, " that cannot be read"));
  entry->key_type = std::string(WireReader(*certified).String().value_or(""));
  entry->key_blob = *std::move(certified);
  return absl::OkStatus();
}

absl::Status HostKeyTable::AddEntry(absl::string_view names, HostKeyEntry entry) {
  entries_.push_back(std::move(entry));
  absl::Status added = AddNames(names);
  if (!added.ok()) entries_.pop_back();
  return added;
}

absl::Status HostKeyTable::AddNames(absl::string_view names) {
  if (names.front() == '|') return AddHashedName(names);
  const uint32_t entry = entries_.size() - 1;
  std::string lower = absl::AsciiStrToLower(names);
  if (lower.find_first_of("*?!") != std::string::npos) {
    patterns_.push_back({std::move(lower), entry});
    return absl::OkStatus();
  }
  for (const absl::string_view name : absl::StrSplit(lower, ',')) {
    std::vector<uint32_t>& found = plain_[name];
    if (found.empty() || found.back() != entry) found.push_back(entry);
  }
  return absl::OkStatus();
}

absl::Status HostKeyTable::AddHashedName(absl::string_view name) {
  absl::StatusOr<HashedName> hashed = HashedName::Parse(name);
  if (!hashed.ok()) return hashed.status();
  hashed_.push_back({*hashed, static_cast<uint32_t>(entries_.size() - 1)});
  return absl::OkStatus();
}

// Lines whose names are known by now are as good as plain ones.
void HostKeyTable::TakeOver(const HostKeyTable& before) {
  absl::flat_hash_set<std::string> old;
  for (const HashedLine& line : before.hashed_) old.insert(line.name.digest());
  std::vector<HashedLine> rest;
  MutexLock before_lock(&before.mutex_);
  MutexLock lock(&mutex_);
  for (const HashedLine& line : hashed_) {
    const std::string digest = line.name.digest();
    if (const auto known = before.names_.find(digest); known != before.names_.end()) {
      plain_[known->second].push_back(line.entry);
      names_.insert(*known);
      continue;
    }
    if (!old.contains(digest)) fresh_.push_back(rest.size());
    rest.push_back(line);
  }
  hashed_ = std::move(rest);
  for (const auto& searched : before.searched_) {
    if (searched.second.tried != Tried::kAll) continue;
    searched_[searched.first].tried = fresh_.empty() ? Tried::kAll : Tried::kOld;
  }
}

void HostKeyTable::IndexHashed() {
  for (uint32_t i = 0; i < hashed_.size(); ++i) {
    by_key_[entries_[hashed_[i].entry].key_blob].push_back(i);
  }
}

// --- Finding

HostKeyTable::Entries HostKeyTable::Find(const std::string& name) const {
  std::vector<uint32_t> found;
  {
    MutexLock lock(&mutex_);
    if (const auto it = searched_.find(name); it != searched_.end()) {
      if (it->second.tried == Tried::kOld && fresh_.size() <= kFew) TryFresh(name, &it->second);
      found = it->second.found;
    }
  }
  if (const auto it = plain_.find(name); it != plain_.end()) {
    found.insert(found.end(), it->second.begin(), it->second.end());
  }
  for (const PatternList& list : patterns_) {
    if (MatchesPatternList(name, list.patterns)) found.push_back(list.entry);
  }
  std::sort(found.begin(), found.end());
  return EntriesOf(found);
}

HostKeyTable::Entries HostKeyTable::EntriesOf(const std::vector<uint32_t>& indexes) const {
  Entries entries;
  for (const uint32_t index : indexes) entries.push_back(&entries_[index]);
  return entries;
}

bool HostKeyTable::IsSearched(const std::string& name) const {
  if (hashed_.empty()) return true;
  MutexLock lock(&mutex_);
  const auto it = searched_.find(name);
  return it != searched_.end() && it->second.tried == Tried::kAll;
}

absl::optional<HostKeyTable::Entries> HostKeyTable::FindHashed(const std::string& name,
                                                               const std::string& key_blob) const {
  std::vector<uint32_t> found;
  const NameToTry tried(name);
  for (const std::string& blob : {key_blob, std::string()}) {
    const auto lines = by_key_.find(blob);
    if (lines == by_key_.end()) continue;
    if (lines->second.size() > kFew) return absl::nullopt;
    for (const uint32_t line : lines->second) {
      if (hashed_[line].name.IsOf(tried)) found.push_back(hashed_[line].entry);
    }
  }
  return EntriesOf(found);
}

void HostKeyTable::Search(const std::string& name) const {
  if (IsSearched(name)) return;
  std::vector<const HashedLine*> found;
  const NameToTry tried(name);
  for (const HashedLine& line : hashed_) {
    if (line.name.IsOf(tried)) found.push_back(&line);
  }
  MutexLock lock(&mutex_);
  Remember(name, found);
}

void HostKeyTable::TryFresh(const std::string& name, Searched* searched) const {
  const NameToTry tried(name);
  for (const uint32_t line : fresh_) {
    if (!hashed_[line].name.IsOf(tried)) continue;
    searched->found.push_back(hashed_[line].entry);
    names_[hashed_[line].name.digest()] = name;
  }
  searched->tried = Tried::kAll;
}

void HostKeyTable::Remember(const std::string& name,
                            const std::vector<const HashedLine*>& found) const {
  MakeRoom();
  Searched searched;
  searched.tried = Tried::kAll;
  for (const HashedLine* line : found) {
    searched.found.push_back(line->entry);
    names_[line->name.digest()] = name;
  }
  searched_[name] = std::move(searched);
}

// Both or none: what a later version of the file takes over as searched has its lines by their
// names, and would else be a host without any.
void HostKeyTable::MakeRoom() const {
  if (searched_.size() < kMaxRemembered && names_.size() < kMaxRemembered) return;
  searched_.clear();
  names_.clear();
}

void HostKeyTable::Learn(const HashedName& hashed, const std::string& name) const {
  MutexLock lock(&mutex_);
  MakeRoom();
  names_[hashed.digest()] = name;
}

}  // namespace muster::engine
