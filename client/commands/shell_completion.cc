#include "client/commands/shell_completion.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "client/commands/shell_line.h"
#include "client/options/completion.h"

namespace muster::client {
namespace {

void AddBegun(absl::string_view begun, const std::vector<std::string>& words, LineEnds* ends) {
  for (const std::string& word : words) {
    if (absl::StartsWith(word, begun)) ends->words.push_back(word);
  }
}

// As the options of a command line that chooses them.
void AddTargets(absl::string_view begun, const Options& options, LineEnds* ends) {
  std::vector<std::string> words = {"--config", "none", "shell"};
  if (!options.inventory.empty()) words.insert(words.end(), {"--inventory", options.inventory});
  if (!options.ssh_config.empty()) words.insert(words.end(), {"--ssh-config", options.ssh_config});
  words.insert(words.end(), {"--targets", std::string(begun)});
  for (const Candidate& each : Complete(words).candidates) ends->words.push_back(each.text);
}

}  // namespace

LineEnds CompleteShellLine(absl::string_view before, const Options& options) {
  LineEnds ends;
  if (!absl::StartsWith(before, ":")) return ends;
  const size_t blank = before.find(' ');
  if (blank == before.npos) {
    AddBegun(before, ShellCommands(), &ends);
    return ends;
  }
  const absl::string_view command = before.substr(0, blank);
  ends.begin = before.find_last_of(' ') + 1;
  const absl::string_view begun = before.substr(ends.begin);
  const bool narrows = command == ":only" || command == ":drop";
  if (narrows) AddBegun(begun, {"failed", "unreached"}, &ends);
  if (narrows || command == ":targets") AddTargets(begun, options, &ends);
  return ends;
}

}  // namespace muster::client
