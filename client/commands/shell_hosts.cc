#include "client/commands/shell_hosts.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "client/text/columns.h"
#include "client/text/outcome_text.h"
#include "client/text/state_names.h"
#include "proto/contract/states.h"
#include "proto/contract/visible_text.h"
#include "proto/nodeset/node_set.h"

namespace muster::client {
namespace {

std::string CountText(size_t hosts) { return absl::StrCat(hosts, hosts == 1 ? " host" : " hosts"); }

bool IsFailed(v1::HostState state) { return EndKindOf(state) != EndKind::kWell; }
bool IsUnreached(v1::HostState state) { return EndKindOf(state) == EndKind::kUnreached; }

}  // namespace

void ShellHosts::Choose(std::vector<std::string> names) {
  names_ = std::move(names);
  std::map<std::string, v1::HostOutcome> kept;
  for (const std::string& name : names_) {
    const auto found = outcomes_.find(name);
    if (found != outcomes_.end()) kept.insert(*found);
  }
  outcomes_ = std::move(kept);
}

void ShellHosts::Take(const RunView& view) {
  if (view.hosts() == 0) return;  // it has not begun
  names_ = view.names();
  outcomes_.clear();
  for (uint32_t host = 0; host < view.hosts(); ++host) {
    outcomes_[names_[host]].set_state(view.StateOf(host));
  }
  for (const RunView::Failure& failure : view.failures()) {
    outcomes_[names_[failure.host_index]] = failure.outcome;
  }
}

std::vector<std::string> ShellHosts::Where(bool (*is_meant)(v1::HostState)) const {
  std::vector<std::string> names;
  for (const std::string& name : names_) {
    const auto found = outcomes_.find(name);
    if (found != outcomes_.end() && is_meant(found->second.state())) names.push_back(name);
  }
  return names;
}

std::vector<std::string> ShellHosts::Failed() const { return Where(IsFailed); }
std::vector<std::string> ShellHosts::Unreached() const { return Where(IsUnreached); }

std::string ShellHosts::Prompt() const {
  const size_t failed = Failed().size();
  return absl::StrCat("muster ", CountText(size()),
                      failed > 0 ? absl::StrCat(", ", failed, " failed") : "", "> ");
}

std::string ShellHosts::Names() const {
  return absl::StrCat(CountText(size()), ": ", Visible(FoldNodeSet(names_)));
}

std::string ShellHosts::Table(size_t columns) const {
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> alike;
  for (const std::string& name : names_) {
    const auto found = outcomes_.find(name);
    if (found == outcomes_.end()) {
      alike[{"no line yet", ""}].push_back(name);
      continue;
    }
    const v1::HostOutcome& outcome = found->second;
    const std::string how = IsTerminal(outcome.state())
                                ? ShortOutcome(outcome)
                                : absl::StrCat("end not seen: ", StateWords(outcome.state()));
    alike[{how, MessageBeside(outcome)}].push_back(name);
  }
  std::string text;
  for (const auto& [how, names] : alike) {
    absl::StrAppend(&text, how.first, ": ", Visible(FoldNodeSet(names)), " (",
                    CountText(names.size()), ")\n");
    if (!how.second.empty()) absl::StrAppend(&text, WrapWords(how.second, 4, columns));
  }
  return text;
}

}  // namespace muster::client
