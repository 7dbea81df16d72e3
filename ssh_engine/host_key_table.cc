#include "ssh_engine/host_key_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/types/optional.h"
#include "ssh_engine/wire_reader.h"

namespace muster::engine {
namespace {

constexpr size_t kMaxCached = 100'000;
constexpr size_t kHmacBlock = 64;  // bytes, of SHA-1

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

SHA_CTX StartHmac(absl::string_view salt, unsigned char pad) {
  std::array<unsigned char, kHmacBlock> block;
  block.fill(pad);
  for (size_t i = 0; i < salt.size(); ++i) block[i] ^= static_cast<unsigned char>(salt[i]);
  SHA_CTX state;
  SHA1_Init(&state);
  SHA1_Update(&state, block.data(), block.size());
  return state;
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

HostKeyTable::HostKeyTable(std::string file, absl::string_view text) : file_(std::move(file)) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    ++lines_;
    const absl::Status parsed = ParseLine(text.substr(0, end));
    if (!parsed.ok() && bad_lines_++ == 0) {
      first_bad_line_ = absl::StrCat(file_, ":", lines_, ": ", parsed.message());
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

absl::Status HostKeyTable::ParseLine(absl::string_view line) {
  line = absl::StripAsciiWhitespace(line);
  if (line.empty() || line.front() == '#') return absl::OkStatus();
  HostKeyEntry entry;
  entry.line = lines_;
  absl::string_view names = TakeWord(&line);
  if (names.front() == '@') {
    if (names == "@cert-authority") {
      ++authority_lines_;
      return absl::OkStatus();
    }
    if (names != "@revoked") return Bad("a marker is @revoked or @cert-authority");
    entry.revoked = true;
    names = TakeWord(&line);
  }
  const absl::string_view type = TakeWord(&line);
  if (IsNumber(type)) return absl::OkStatus();  // a key of SSH 1: bits, exponent, modulus
  const absl::string_view base64 = TakeWord(&line);
  if (base64.empty()) return Bad("expected host names, key type and key");
  if (!absl::Base64Unescape(base64, &entry.key_blob)) return Bad("the key is not base64");
  if (WireReader(entry.key_blob).String() != type) return Bad("the key is not of the type named");
  entry.key_type = std::string(type);
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
  const std::vector<absl::string_view> parts = absl::StrSplit(name, '|');
  std::string salt, digest;
  if (parts.size() != 4 || parts[1] != "1" || !absl::Base64Unescape(parts[2], &salt) ||
      !absl::Base64Unescape(parts[3], &digest) || salt.size() != SHA_DIGEST_LENGTH ||
      digest.size() != SHA_DIGEST_LENGTH) {
    return Bad("a hashed name is |1|SALT|HASH, with 20 bytes each in base64");
  }
  HashedName hashed = {
      StartHmac(salt, 0x36), StartHmac(salt, 0x5c), {}, static_cast<uint32_t>(entries_.size() - 1)};
  std::copy(digest.begin(), digest.end(), hashed.digest.begin());
  hashed_.push_back(hashed);
  return absl::OkStatus();
}

std::vector<const HostKeyEntry*> HostKeyTable::Find(const std::string& name) const {
  std::vector<uint32_t> found = FindHashed(name);
  if (const auto it = plain_.find(name); it != plain_.end()) {
    found.insert(found.end(), it->second.begin(), it->second.end());
  }
  for (const PatternList& list : patterns_) {
    if (MatchesPatternList(name, list.patterns)) found.push_back(list.entry);
  }
  std::sort(found.begin(), found.end());
  std::vector<const HostKeyEntry*> entries;
  for (const uint32_t entry : found) entries.push_back(&entries_[entry]);
  return entries;
}

std::vector<uint32_t> HostKeyTable::FindHashed(const std::string& name) const {
  std::vector<uint32_t> found;
  if (hashed_.empty()) return found;
  {
    MutexLock lock(&mutex_);
    if (const auto it = cache_.find(name); it != cache_.end()) return it->second;
  }
  for (const HashedName& hashed : hashed_) {
    Digest digest;
    SHA_CTX state = hashed.inner;
    SHA1_Update(&state, name.data(), name.size());
    SHA1_Final(digest.data(), &state);
    state = hashed.outer;
    SHA1_Update(&state, digest.data(), digest.size());
    SHA1_Final(digest.data(), &state);
    if (digest == hashed.digest) found.push_back(hashed.entry);
  }
  MutexLock lock(&mutex_);
  if (cache_.size() >= kMaxCached) cache_.clear();
  cache_[name] = found;
  return found;
}

}  // namespace muster::engine
