#include "service/prepare/host_report.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "service/prepare/host_list.h"

namespace muster::service {
namespace {

constexpr char kSshConfig[] = "ssh_config";
constexpr char kOption[] = "option";
constexpr char kTarget[] = "target";

using Texts = std::vector<std::string>;

void Add(absl::string_view name, absl::string_view value, absl::string_view source,
         v1::HostSettings* settings) {
  v1::HostSetting& setting = *settings->add_settings();
  setting.set_name(name.data(), name.size());
  setting.set_value(value.data(), value.size());
  setting.set_source(source.data(), source.size());
}

Texts KeysOf(const SshWay& way) {
  Texts paths;
  for (const auto& file : way.access->credential.keys.identity_files) paths.push_back(file.path);
  return paths;
}

Texts AgentOf(const SshWay& way) {
  const std::string& socket = way.access->credential.keys.agent_socket;
  return socket.empty() ? Texts() : Texts{socket};
}

Texts KnownHostsOf(const SshWay& way) { return way.access->credential.known_hosts_files; }

Texts JumpsOf(const SshWay& way) {
  Texts jumps;
  for (const JumpSpec& jump : way.access->jump_hosts) {
    jumps.push_back(absl::StrCat(jump.user, "@", jump.address, ":", jump.port));
  }
  return jumps;
}

Texts AliasOf(const SshWay& way) {
  return way.host_key_alias.empty() ? Texts() : Texts{way.host_key_alias};
}

Texts ProxyOf(const SshWay& way) {
  return way.proxy_command == nullptr ? Texts() : Texts{way.proxy_command->line};
}

Texts AddressOf(const SshWay& way) { return {way.address}; }
Texts PortOf(const SshWay& way) { return {absl::StrCat(way.port)}; }
Texts UserOf(const SshWay& way) { return {way.user}; }

// The login without files, and without options where they are not `kept`.
absl::StatusOr<std::shared_ptr<SshWays>> WithoutFiles(v1::Login login, const GivenLogin& given,
                                                      bool kept) {
  login.mutable_ssh_config()->set_file("none");
  if (!kept) login.mutable_ssh_config()->clear_options();
  return SshWays::Read(login, given);
}

}  // namespace

// Something that decides how a host is reached.
struct HostReport::Aspect {
  const char* name;
  Texts (*of)(const SshWay& way);
};

absl::StatusOr<HostReport> HostReport::Create(const v1::Login& login, const GivenLogin& given,
                                              SshWays* ways, const Inventory* inventory) {
  HostReport report(login, ways, inventory);
  for (const bool kept : {false, true}) {
    absl::StatusOr<std::shared_ptr<SshWays>> without = WithoutFiles(login, given, kept);
    if (!without.ok()) return without.status();
    (kept ? report.without_files_ : report.bare_) = *std::move(without);
  }
  return report;
}

absl::StatusOr<HostReport::Said> HostReport::Ask(const HostQuery& query) const {
  const HostQuery bare = {query.host, {}, {}};
  HostQuery inventorys = bare;
  inventorys.options = query.options;
  Said said;
  const auto ask = [](SshWays* ways, const HostQuery& of, SshWay* way) {
    absl::StatusOr<SshWay> found = ways->Find(of);
    if (found.ok()) *way = *std::move(found);
    return found.status();
  };
  absl::Status status = ask(ways_, query, &said.all);
  status.Update(ask(without_files_.get(), inventorys, &said.by_inventory));
  status.Update(ask(without_files_.get(), bare, &said.by_option));
  status.Update(ask(bare_.get(), bare, &said.by_default));
  if (!status.ok()) return status;
  return said;
}

std::string HostReport::SourceOf(const Said& said, const Aspect& aspect,
                                 const std::string& value) const {
  const auto says = [&](const SshWay& way) { return absl::c_linear_search(aspect.of(way), value); };
  const v1::LocalCredential& own = login_.local();
  const bool given =
      (aspect.of == KeysOf &&
       absl::c_any_of(own.identity_files(),
                      [&](const auto& file) { return file.path() == value; })) ||
      (aspect.of == KnownHostsOf && absl::c_linear_search(own.known_hosts_files(), value)) ||
      (aspect.of == JumpsOf && !login_.jump_hosts().empty());
  if (given) return kOption;
  if (says(said.by_default)) return "";
  if (says(said.by_option)) return kOption;
  return says(said.by_inventory) ? SourceOfGiven(true, false) : kSshConfig;
}

std::string HostReport::SourceOfGiven(bool by_inventory, bool by_option) const {
  if (by_inventory && inventory_ != nullptr) return inventory_->data().file;
  return by_option ? kOption : kTarget;
}

absl::StatusOr<v1::HostSettings> HostReport::Of(const v1::RunHost& host) {
  constexpr Aspect kAddress = {"address", AddressOf}, kPort = {"port", PortOf},
                   kUser = {"user", UserOf};
  constexpr Aspect kOthers[] = {{"jump host", JumpsOf},      {"proxy command", ProxyOf},
                                {"identity file", KeysOf},   {"agent", AgentOf},
                                {"host key alias", AliasOf}, {"known_hosts", KnownHostsOf}};
  const HostQuery query = QueryOf(host);
  const absl::StatusOr<Said> said = Ask(query);
  if (!said.ok()) return said.status();
  static const HostDetails& no_details = *new HostDetails();
  const HostDetails* const found = inventory_ == nullptr ? nullptr : inventory_->Find(host.name());
  const HostDetails& details = found == nullptr ? no_details : *found;
  v1::HostSettings settings;
  const bool listed = !details.address.empty() && details.address == query.host;
  Add(kAddress.name, host.address(),
      listed && host.address() == details.address ? SourceOfGiven(true, false)
                                                  : SourceOf(*said, kAddress, host.address()),
      &settings);
  const std::string port = absl::StrCat(host.port());
  Add(kPort.name, port,
      query.port.has_value()
          ? SourceOfGiven(query.port == details.port, query.port == login_.port())
          : SourceOf(*said, kPort, port),
      &settings);
  Add(kUser.name, host.user(),
      query.user.has_value()
          ? SourceOfGiven(query.user == details.user, query.user == login_.user())
          : SourceOf(*said, kUser, host.user()),
      &settings);
  for (const Aspect& aspect : kOthers) {
    for (const std::string& value : aspect.of(said->all)) {
      Add(aspect.name, value, SourceOf(*said, aspect, value), &settings);
    }
  }
  return settings;
}

}  // namespace muster::service
