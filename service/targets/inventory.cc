#include "service/targets/inventory.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "proto/nodeset/closest_names.h"
#include "service/targets/located_error.h"

namespace muster::service {
namespace {

template <typename Map>
std::vector<absl::string_view> Keys(const Map& map) {
  std::vector<absl::string_view> keys;
  for (const auto& entry : map) keys.push_back(entry.first);
  return keys;
}

// No names in it are illegal in an expression: the readers refuse those.
std::string AllGroups(const InventoryData::Groups& groups) {
  return absl::StrJoin(groups, ",", [](std::string* out, const auto& entry) {
    absl::StrAppend(out, "@", entry.first);
  });
}

}  // namespace

absl::StatusOr<NodeGroup> Inventory::Resolve(absl::string_view source,
                                             absl::string_view group) const {
  const std::string in(source.empty() ? data_.default_source : source);
  if (const auto other = data_.others.find(in); other != data_.others.end()) {
    return other->second->Resolve(in, group);
  }
  const auto groups = data_.sources.find(in);
  if (groups == data_.sources.end()) return NoSource(in);
  auto it = groups->second.find(std::string(group == "*" ? "all" : group));
  if (it != groups->second.end()) {
    return NodeGroup{it->second.expression, in, PlaceOf(data_.file, it->second.line)};
  }
  if (group == "*") return NodeGroup{AllGroups(groups->second), in, data_.file};
  return NoGroup(in, group);
}

const HostDetails* Inventory::Find(absl::string_view host) const {
  const auto it = data_.hosts.find(absl::AsciiStrToLower(host));
  return it == data_.hosts.end() ? nullptr : &it->second;
}

absl::Status Inventory::NoSource(absl::string_view source) const {
  std::vector<absl::string_view> names = Keys(data_.sources);
  for (const auto& other : data_.others) names.push_back(other.first);
  if (names.empty()) {
    return absl::NotFoundError(absl::StrCat(data_.file, " defines no groups"));
  }
  return absl::NotFoundError(absl::StrCat(data_.file, " has no group source \"", source, "\"; ",
                                          Suggest(source, names, "")));
}

absl::Status Inventory::NoGroup(const std::string& source, absl::string_view group) const {
  const bool is_default = source == data_.default_source;
  std::string text = absl::StrCat(data_.file, " has no group \"", group, "\"");
  if (!is_default) absl::StrAppend(&text, " in the source \"", source, "\"");
  for (const auto& [other, groups] : data_.sources) {
    if (groups.count(std::string(group)) == 0) continue;
    return absl::NotFoundError(absl::StrCat(text, "; another source has it: @", other, ":", group));
  }
  const std::string prefix = is_default ? "@" : absl::StrCat("@", source, ":");
  return absl::NotFoundError(
      absl::StrCat(text, "; ", Suggest(group, Keys(data_.sources.at(source)), prefix)));
}

}  // namespace muster::service
