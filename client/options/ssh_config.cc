#include "client/options/ssh_config.h"

#include <fnmatch.h>
#include <glob.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client/library/server_address.h"
#include "client/text/read_file.h"

namespace muster::client {
namespace {

constexpr int kMaxDepth = 16;  // as in ssh (readconf.c, READCONF_MAX_DEPTH)

constexpr absl::string_view kKeywords[] = {"hostname",        "user",         "port",
                                           "proxyjump",       "proxycommand", "identityfile",
                                           "certificatefile", "hostkeyalias", "userknownhostsfile"};

bool IsKnown(absl::string_view keyword) {
  return std::find(std::begin(kKeywords), std::end(kKeywords), keyword) != std::end(kKeywords);
}

std::vector<std::string> Words(absl::string_view text) {
  std::vector<std::string> words;
  for (const absl::string_view word : absl::StrSplit(text, absl::ByAnyChar(" \t"))) {
    if (!word.empty()) words.emplace_back(absl::StripSuffix(absl::StripPrefix(word, "\""), "\""));
  }
  return words;
}

// "Keyword value", "Keyword=value", with or without quotes.
bool Split(absl::string_view line, std::string* keyword, absl::string_view* value) {
  line = absl::StripAsciiWhitespace(line);
  if (line.empty() || line[0] == '#') return false;
  const size_t end = line.find_first_of(" \t=");
  if (end == absl::string_view::npos) return false;
  *keyword = absl::AsciiStrToLower(line.substr(0, end));
  *value = absl::StripLeadingAsciiWhitespace(line.substr(end));
  if (absl::ConsumePrefix(value, "=")) *value = absl::StripLeadingAsciiWhitespace(*value);
  return true;
}

bool IsPlain(const std::string& pattern) {
  return pattern.find_first_of("*?!") == std::string::npos;
}

// One that matches, and none with '!' that does.
bool Matches(const std::vector<std::string>& patterns, const std::string& host) {
  bool matches = false;
  for (const std::string& pattern : patterns) {
    const bool negated = pattern[0] == '!';
    const char* mask = pattern.c_str() + (negated ? 1 : 0);
    if (fnmatch(mask, host.c_str(), 0) != 0) continue;
    if (negated) return false;
    matches = true;
  }
  return matches;
}

}  // namespace

void SshConfig::Read(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (text.ok()) Parse(*text, std::filesystem::path(path).parent_path());
}

void SshConfig::Parse(absl::string_view text, const std::string& folder) {
  ParseBlocks(text, folder, {"*"});
}

SshConfig::Settings SshConfig::Of(absl::string_view name) const {
  const std::string host = absl::AsciiStrToLower(name);
  std::vector<size_t> own;
  const auto named = named_.find(host);
  if (named != named_.end()) own = named->second;
  for (const size_t block : masked_) {
    if (Matches(blocks_[block].patterns, host)) own.push_back(block);
  }
  std::sort(own.begin(), own.end());
  Settings settings;
  for (const size_t block : own) {
    settings.insert(blocks_[block].settings.begin(), blocks_[block].settings.end());
  }
  return settings;
}

void SshConfig::ParseBlocks(absl::string_view text, const std::string& folder, Patterns patterns) {
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    std::string keyword;
    absl::string_view value;
    if (!Split(line, &keyword, &value)) continue;
    if (keyword == "host") {
      patterns = Words(absl::AsciiStrToLower(value));
    } else if (keyword == "match") {
      patterns = absl::EqualsIgnoreCase(value, "all") ? Patterns{"*"} : Patterns{};
    } else if (keyword == "include") {
      ReadIncluded(value, folder, patterns);
    } else if (!patterns.empty() && IsKnown(keyword)) {
      Add(patterns, keyword, value);
    }
  }
}

void SshConfig::ReadIncluded(absl::string_view files, const std::string& folder,
                             const Patterns& block) {
  if (depth_ == kMaxDepth) return;
  ++depth_;
  for (std::string file : Words(files)) {
    if (absl::StartsWith(file, "~/")) file = FromEnvironment("HOME") + file.substr(1);
    if (!absl::StartsWith(file, "/")) file = absl::StrCat(folder, "/", file);
    glob_t found = {};
    if (glob(file.c_str(), 0, nullptr, &found) == 0) {
      for (size_t i = 0; i < found.gl_pathc; ++i) {
        const absl::StatusOr<std::string> text = ReadFile(found.gl_pathv[i]);
        if (text.ok()) ParseBlocks(*text, folder, block);
      }
    }
    globfree(&found);
  }
  --depth_;
}

void SshConfig::Add(const Patterns& patterns, const std::string& keyword, absl::string_view value) {
  if (blocks_.empty() || blocks_.back().patterns != patterns) {
    const bool plain = std::all_of(patterns.begin(), patterns.end(), IsPlain);
    if (!plain) masked_.push_back(blocks_.size());
    for (const std::string& name : patterns) {
      if (plain) named_[name].push_back(blocks_.size());
    }
    blocks_.push_back({patterns, {}});
  }
  if (absl::ConsumePrefix(&value, "\"")) absl::ConsumeSuffix(&value, "\"");
  blocks_.back().settings.emplace(keyword, value);
}

}  // namespace muster::client
