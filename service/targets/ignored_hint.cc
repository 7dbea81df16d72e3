#include "service/targets/ignored_hint.h"

#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "proto/nodeset/closest_names.h"

namespace muster::service {
namespace {

// Of the hosts' variables.
std::set<absl::string_view> Ignorable(const Inventory& inventory) {
  std::set<absl::string_view> names;
  for (const auto& host : inventory.data().hosts) {
    for (const HostDetails::Problem& problem : host.second.problems) names.insert(problem.variable);
    for (const HostDetails::SshOption& option : host.second.ssh_options) {
      names.insert(option.variable);
    }
    for (const auto& become : host.second.become) names.insert(become.variable);
  }
  return names;
}

std::string Unused(const std::string& name, const std::set<absl::string_view>& known) {
  const std::vector<absl::string_view> close = ClosestNames(name, {known.begin(), known.end()});
  return absl::StrCat("\"", name, "\"", close.empty() ? "" : " (did you mean ",
                      absl::StrJoin(close, " or "), close.empty() ? "" : "?)");
}

}  // namespace

std::string HintOfIgnored(absl::Span<const std::string> ignored, const Inventory* inventory) {
  if (ignored.empty()) return "";
  if (inventory == nullptr) {
    return "targets.ignored_variables: there is no inventory, so nothing is left out of account";
  }
  const std::set<absl::string_view> known = Ignorable(*inventory);
  std::vector<std::string> unused;
  for (const std::string& name : ignored) {
    if (known.count(name) == 0) unused.push_back(Unused(name, known));
  }
  if (unused.empty()) return "";
  return absl::StrCat("targets.ignored_variables: no host of ", inventory->data().file,
                      " has a variable that can be left out of account of the name ",
                      absl::StrJoin(unused, " or "));
}

}  // namespace muster::service
