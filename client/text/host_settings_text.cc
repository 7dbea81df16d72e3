#include "client/text/host_settings_text.h"

#include <cstddef>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "proto/contract/visible_text.h"
#include "proto/nodeset/node_set.h"

namespace muster::client {
namespace {

constexpr char kAddress[] = "address";

struct Group {
  std::vector<std::string> names;
  std::string addresses;  // lines
  std::string others;     // the same
};

std::string LineOf(absl::string_view name, const v1::HostSetting& setting) {
  const std::string source =
      setting.source().empty() ? "" : absl::StrCat(" (", Visible(setting.source()), ")");
  return absl::StrCat("  ", Visible(name), ": ", Visible(setting.value()), source, "\n");
}

std::string OthersOf(const v1::HostSettings& settings) {
  std::string lines;
  for (const v1::HostSetting& setting : settings.settings()) {
    if (setting.name() != kAddress) absl::StrAppend(&lines, LineOf(setting.name(), setting));
  }
  return lines;
}

std::string AddressOf(const std::string& host, const v1::HostSettings& settings) {
  std::string lines;
  for (const v1::HostSetting& setting : settings.settings()) {
    if (setting.name() != kAddress || setting.value() == host) continue;
    absl::StrAppend(&lines, LineOf(absl::StrCat(kAddress, " of ", host), setting));
  }
  return lines;
}

}  // namespace

std::string HostSettingsText(const v1::ResolveTargetsResponse& response) {
  std::vector<Group> groups;  // in the order of their first hosts
  absl::flat_hash_map<std::string, size_t> known;
  for (int i = 0; i < response.hosts_size() && i < response.settings_size(); ++i) {
    std::string others = OthersOf(response.settings(i));
    const auto [it, is_new] = known.try_emplace(others, groups.size());
    if (is_new) groups.push_back({{}, "", std::move(others)});
    Group& group = groups[it->second];
    group.names.push_back(response.hosts(i).name());
    absl::StrAppend(&group.addresses, AddressOf(response.hosts(i).name(), response.settings(i)));
  }
  std::string text;
  for (const Group& group : groups) {
    absl::StrAppend(&text, FoldNodeSet(group.names), "\n", group.addresses, group.others);
  }
  return text;
}

}  // namespace muster::client
