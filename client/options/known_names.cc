#include "client/options/known_names.h"

#include <glob.h>
#include <sys/stat.h>
#include <yaml-cpp/yaml.h>

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "client/options/caller_file.h"
#include "client/text/read_file.h"

namespace muster::client {
namespace {

constexpr int kMaxDepth = 16;  // as ssh has it of Include

// "" where there is none. A pipe would be empty for the command itself, and could block.
std::string TextOf(const std::string& path) {
  struct stat file = {};
  if (stat(path.c_str(), &file) != 0 || !S_ISREG(file.st_mode)) return "";
  return ReadFile(path).value_or("");
}

std::vector<absl::string_view> WordsOf(absl::string_view line) {
  return absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
}

void AddHost(absl::string_view name, KnownNames* names) {
  if (name.empty() || name.find_first_of("*?[]!|:,=\"'%{}") != name.npos) return;
  names->hosts.emplace(name);
}

// "web,10.0.0.1 ssh-ed25519 AAAA...", "[web]:2222 ...", "@revoked web ...".
void AddKnownHosts(absl::string_view text, KnownNames* names) {
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    std::vector<absl::string_view> words = WordsOf(line);
    if (words.size() < 2 || words[0][0] == '#' || words[0][0] == '@') continue;
    for (absl::string_view name : absl::StrSplit(words[0], ',')) {
      if (absl::ConsumePrefix(&name, "[")) name = name.substr(0, name.find(']'));
      AddHost(name, names);
    }
  }
}

void AddSshConfig(const std::string& path, int depth, KnownNames* names);

// Relative ones are in ~/.ssh.
void AddIncluded(absl::string_view pattern, int depth, KnownNames* names) {
  const bool whole = absl::StartsWith(pattern, "/") || absl::StartsWith(pattern, "~");
  const std::string path = AbsolutePath(absl::StrCat(whole ? "" : "~/.ssh/", pattern));
  glob_t found = {};
  if (glob(path.c_str(), 0, nullptr, &found) == 0) {
    for (size_t i = 0; i < found.gl_pathc; ++i) AddSshConfig(found.gl_pathv[i], depth + 1, names);
  }
  globfree(&found);
}

void AddSshConfig(const std::string& path, int depth, KnownNames* names) {
  if (depth > kMaxDepth) return;
  const std::string text = TextOf(path);
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::vector<absl::string_view> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t\r=\""), absl::SkipEmpty());
    for (size_t i = 1; i < words.size(); ++i) {
      if (absl::EqualsIgnoreCase(words[0], "host")) AddHost(words[i], names);
      if (absl::EqualsIgnoreCase(words[0], "include")) AddIncluded(words[i], depth, names);
    }
  }
}

// Of Ansible: "[web]", "[web:children]", "[web:vars]".
void AddIni(absl::string_view text, KnownNames* names) {
  bool hosts = true;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    if (absl::ConsumePrefix(&line, "[")) {
      line = line.substr(0, line.find(']'));
      hosts = line.find(':') == line.npos;
      names->groups.emplace(line.substr(0, line.find(':')));
    } else if (hosts) {
      AddHost(WordsOf(line).front(), names);
    }
  }
}

bool IsAnsibleGroup(const YAML::Node& node) {
  if (!node.IsMap()) return false;
  for (const auto& entry : node) {
    const std::string& key = entry.first.Scalar();
    if (key != "hosts" && key != "children" && key != "vars") return false;
  }
  return true;
}

void AddAnsibleGroup(const std::string& name, const YAML::Node& node, int depth,
                     KnownNames* names) {
  names->groups.insert(name);
  if (!node.IsMap() || depth > kMaxDepth) return;
  if (node["hosts"]) {
    for (const auto& entry : node["hosts"]) AddHost(entry.first.Scalar(), names);
  }
  if (!node["children"]) return;
  for (const auto& entry : node["children"]) {
    AddAnsibleGroup(entry.first.Scalar(), entry.second, depth + 1, names);
  }
}

// ClusterShell's sources: "roles: {web: 'web[1-9]', db: db1}".
void AddSource(const std::string& source, bool first, const YAML::Node& node, KnownNames* names) {
  for (const auto& entry : node) {
    names->groups.insert(first ? entry.first.Scalar()
                               : absl::StrCat(source, ":", entry.first.Scalar()));
    if (!entry.second.IsScalar()) continue;
    for (const absl::string_view host : absl::StrSplit(entry.second.Scalar(), ',')) {
      if (!absl::StartsWith(host, "@")) AddHost(absl::StripAsciiWhitespace(host), names);
    }
  }
}

void AddYaml(const YAML::Node& root, KnownNames* names) {
  bool first = true;
  for (const auto& entry : root) {
    if (IsAnsibleGroup(entry.second)) {
      AddAnsibleGroup(entry.first.Scalar(), entry.second, 0, names);
    } else if (entry.second.IsMap()) {
      AddSource(entry.first.Scalar(), first, entry.second, names);
      first = false;
    }
  }
}

void AddInventory(const std::string& path, KnownNames* names) {
  const std::string text = TextOf(path);
  // A program, or ClusterShell's groups.conf: only commands tell what there is.
  if (absl::StartsWith(text, "#!") || absl::StartsWith(text, "\x7f")) return;
  if (absl::EndsWith(path, ".conf")) return;
  try {
    const YAML::Node root = YAML::Load(text);
    if (root.IsMap()) return AddYaml(root, names);
  } catch (const YAML::Exception&) {
    // an INI file is no YAML
  }
  AddIni(text, names);
}

}  // namespace

KnownNames ReadKnownNames(const std::string& inventory, const std::string& ssh_config) {
  KnownNames names;
  AddInventory(inventory, &names);
  AddSshConfig(AbsolutePath(ssh_config.empty() ? "~/.ssh/config" : ssh_config), 0, &names);
  AddKnownHosts(TextOf(AbsolutePath("~/.ssh/known_hosts")), &names);
  AddKnownHosts(TextOf("/etc/ssh/ssh_known_hosts"), &names);
  return names;
}

}  // namespace muster::client
