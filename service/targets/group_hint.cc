#include "service/targets/group_hint.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "proto/nodeset/node_set.h"

namespace muster::service {
namespace {

std::set<std::string> NamesOfGroups(absl::string_view expression, const Inventory& inventory) {
  std::set<std::string> names;
  const auto source = inventory.data().sources.find(inventory.data().default_source);
  if (source == inventory.data().sources.end()) return names;
  for (const absl::string_view word :
       absl::StrSplit(expression, absl::ByAnyChar(",!&^() \t\r\n"), absl::SkipEmpty())) {
    if (source->second.count(std::string(word)) > 0) names.emplace(word);
  }
  return names;
}

// An inventory may call a host as a group.
void DropHosts(const Inventory& inventory, std::set<std::string>* names) {
  NodeSetOptions options;
  options.groups = &inventory;
  const absl::StatusOr<std::vector<Target>> known = ParseNodeSet("@*", options);
  if (!known.ok()) return;
  for (const Target& target : *known) names->erase(target.host);
}

}  // namespace

std::string HintOfGroups(absl::string_view expression, const Inventory& inventory) {
  std::set<std::string> names = NamesOfGroups(expression, inventory);
  if (!names.empty()) DropHosts(inventory, &names);
  if (names.empty()) return "";
  return absl::StrCat("the targets ", absl::StrJoin(names, ", "), " are no hosts of ",
                      inventory.data().file, " but groups; did you mean @",
                      absl::StrJoin(names, ", @"), "?");
}

}  // namespace muster::service
