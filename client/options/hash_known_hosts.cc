#include "client/options/hash_known_hosts.h"

#include <glob.h>

#include <algorithm>
#include <fstream>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace muster::client {
namespace {

constexpr int kMaxDepth = 16;  // of Include, as in ssh (readconf.c)

// "Keyword value ...", "Keyword=value"; quotes are taken off. Empty: a comment or a blank line.
std::vector<std::string> WordsOf(absl::string_view line) {
  line = absl::StripAsciiWhitespace(line);
  if (line.empty() || line.front() == '#') return {};
  const size_t end = std::min(line.find_first_of(" \t="), line.size());
  std::vector<std::string> words = {absl::AsciiStrToLower(line.substr(0, end))};
  absl::string_view rest = line.substr(end);
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t="), rest.size()));
  for (absl::string_view word : absl::StrSplit(rest, absl::ByAnyChar(" \t\""), absl::SkipEmpty())) {
    words.emplace_back(word);
  }
  return words;
}

bool HoldsForAll(const std::vector<std::string>& words) {
  bool all = false;
  for (size_t i = 1; i < words.size(); ++i) {
    if (absl::StartsWith(words[i], "!")) return false;
    all |= words[0] == "host" ? words[i] == "*" : absl::EqualsIgnoreCase(words[i], "all");
  }
  return all && (words[0] == "host" || words.size() == 2);
}

class Reader {
 public:
  // `folder`: where relative names in Include start. `home`: what "~/" there stands for.
  Reader(std::string folder, std::string home)
      : folder_(std::move(folder)), home_(std::move(home)) {}

  absl::optional<bool> Read(const std::string& path, bool active = true, int depth = 0) const {
    if (depth > kMaxDepth) return absl::nullopt;
    std::ifstream file(path);
    std::string line;
    while (std::getline(file, line)) {
      const std::vector<std::string> words = WordsOf(line);
      if (words.size() < 2) continue;
      if (words[0] == "host" || words[0] == "match") active = HoldsForAll(words);
      if (!active) continue;
      if (words[0] == "hashknownhosts") return words[1] == "yes" || words[1] == "true";
      if (words[0] != "include") continue;
      if (const auto value = Include(words, depth)) return value;
    }
    return absl::nullopt;
  }

 private:
  absl::optional<bool> Include(const std::vector<std::string>& words, int depth) const {
    absl::optional<bool> value;
    for (size_t i = 1; i < words.size() && !value; ++i) {
      glob_t found = {};
      glob(PathOf(words[i]).c_str(), 0, nullptr, &found);
      for (size_t j = 0; j < found.gl_pathc && !value; ++j) {
        value = Read(found.gl_pathv[j], true, depth + 1);
      }
      globfree(&found);
    }
    return value;
  }
  std::string PathOf(const std::string& name) const {
    if (absl::StartsWith(name, "~/")) return absl::StrCat(home_, name.substr(1));
    return absl::StartsWith(name, "/") ? name : absl::StrCat(folder_, "/", name);
  }

  const std::string folder_;
  const std::string home_;
};

}  // namespace

bool HashesKnownHosts(const std::string& home, const std::string& system_file) {
  const std::string folder = home + "/.ssh";
  absl::optional<bool> value = Reader(folder, home).Read(folder + "/config");
  if (!value) {
    value = Reader(system_file.substr(0, system_file.rfind('/')), home).Read(system_file);
  }
  return value.value_or(false);
}

}  // namespace muster::client
