#include "service/targets/group_commands.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "proto/nodeset/closest_names.h"
#include "service/targets/command_output.h"
#include "service/targets/inventory_file.h"
#include "ssh_engine/base/shell_word.h"

namespace muster::service {
namespace {

// It stands within a command, wherever its writer wants it.
bool IsPlainName(absl::string_view group) {
  constexpr absl::string_view kOthers = "._-+:=/%";
  return !group.empty() && group[0] != '-' && absl::c_all_of(group, [&](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || kOthers.find(c) != kOthers.npos;
  });
}

bool IsOfName(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// The variable at `text`, which begins behind a "$", and how many bytes it takes: "NAME", "{NAME}".
std::pair<absl::string_view, size_t> VariableAt(absl::string_view text) {
  const size_t begin = text.empty() || text[0] != '{' ? 0 : 1;
  size_t end = begin;
  while (end < text.size() && IsOfName(text[end])) ++end;
  const absl::string_view name = text.substr(begin, end - begin);
  if (begin == 0) return {name, end};
  return {name, end < text.size() && text[end] == '}' ? end + 1 : 0};
}

// As Python's string.Template: "$$" is "$", and what is not known stays.
std::string Substituted(absl::string_view command,
                        const std::map<absl::string_view, absl::string_view>& values) {
  std::string text;
  for (size_t at = 0; at < command.size(); ++at) {
    text.push_back(command[at]);
    if (command[at] != '$') continue;
    if (command.substr(at + 1, 1) == "$") {
      ++at;
      continue;
    }
    const auto [name, size] = VariableAt(command.substr(at + 1));
    const auto value = values.find(name);
    if (size == 0 || value == values.end()) continue;
    text.pop_back();
    text.append(value->second.data(), value->second.size());
    at += size;
  }
  return text;
}

}  // namespace

absl::Duration CommandTime::Limit() const {
  const MutexLock lock(&mutex_);
  return std::min(each_, left_);
}

void CommandTime::Spend(absl::Duration time) {
  const MutexLock lock(&mutex_);
  left_ -= time;
}

absl::StatusOr<NodeGroup> CommandSource::Resolve(absl::string_view, absl::string_view group) const {
  if (group == "*") return ResolveAll();
  if (!IsPlainName(group)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the group \"", group, "\" of the source \"", commands_.source,
                     "\": its name is given to a command (", commands_.place,
                     "), and may have letters, digits and . _ - + : = / % only"));
  }
  absl::StatusOr<std::string> hosts = Run("map", commands_.map, group);
  if (!hosts.ok()) return hosts.status();
  if (hosts->empty()) {
    if (absl::Status status = CheckIsThere(group); !status.ok()) return status;
  }
  return GroupOf(*std::move(hosts));
}

absl::StatusOr<NodeGroup> CommandSource::ResolveAll() const {
  if (!commands_.all.empty()) {
    absl::StatusOr<std::string> hosts = Run("all", commands_.all, "");
    if (!hosts.ok()) return hosts.status();
    return GroupOf(*std::move(hosts));
  }
  if (commands_.list.empty()) {
    return absl::NotFoundError(absl::StrCat(commands_.place, ": the source \"", commands_.source,
                                            "\" has neither \"all\" nor \"list\", so that its "
                                            "hosts are not known"));
  }
  absl::StatusOr<std::string> groups = Run("list", commands_.list, "");
  if (!groups.ok()) return groups.status();
  const std::vector<std::string> names = absl::StrSplit(*groups, ',', absl::SkipEmpty());
  return GroupOf(names.empty() ? "" : absl::StrCat("@", absl::StrJoin(names, ",@")));
}

// Commands that look for a group write nothing where there is none; to leave out a group that is
// mistyped would not be noticed.
absl::Status CommandSource::CheckIsThere(absl::string_view group) const {
  std::string hint;
  if (!commands_.list.empty()) {
    absl::StatusOr<std::string> groups = Run("list", commands_.list, "");
    if (!groups.ok()) return groups.status();
    const std::vector<absl::string_view> names = absl::StrSplit(*groups, ',', absl::SkipEmpty());
    if (absl::c_linear_search(names, group)) return absl::OkStatus();
    hint = absl::StrCat("; ", Suggest(group, names, absl::StrCat("@", commands_.source, ":")));
  }
  return absl::NotFoundError(absl::StrCat(commands_.place, ": the source \"", commands_.source,
                                          "\" has no hosts for the group \"", group, "\"", hint));
}

absl::StatusOr<std::string> CommandSource::Run(const std::string& upcall,
                                               const std::string& command,
                                               absl::string_view group) const {
  const std::string line = Substituted(
      command, {{"GROUP", group}, {"SOURCE", commands_.source}, {"CFGDIR", commands_.folder}});
  {
    const MutexLock lock(&mutex_);
    const auto known = written_.find(line);
    if (known != written_.end()) return known->second;
  }
  const std::string name = absl::StrCat(commands_.place, ": the \"", upcall, "\" of \"",
                                        commands_.source, "\" (", line, ")");
  const absl::Duration limit = time_->Limit();
  if (limit <= absl::ZeroDuration()) {
    return absl::FailedPreconditionError(
        absl::StrCat(name, " was not run: those before it have taken all of the time"));
  }
  const std::string in_folder =
      absl::StrCat("cd ", engine::QuotedWord(commands_.folder), " || exit 1; ", line);
  const auto begin = std::chrono::steady_clock::now();
  absl::StatusOr<std::string> output =
      OutputOf(absl::StrCat("/bin/sh -c ", engine::QuotedWord(in_folder)), name, limit);
  time_->Spend(absl::FromChrono(std::chrono::steady_clock::now() - begin));
  if (!output.ok()) return output.status();
  if (absl::Status status = CheckInventoryContent(*output, name); !status.ok()) return status;
  const std::vector<std::string> words =
      absl::StrSplit(*output, absl::ByAnyChar(" \t\r\n"), absl::SkipEmpty());
  const MutexLock lock(&mutex_);
  return written_[line] = absl::StrJoin(words, ",");
}

NodeGroup CommandSource::GroupOf(std::string expression) const {
  return {std::move(expression), commands_.source, commands_.place};
}

}  // namespace muster::service
