#include "service/prepare/host_report.h"

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "proto/contract/error_details.h"
#include "proto/contract/limits.h"
#include "proto/contract/page_bytes.h"
#include "proto/nodeset/target.h"
#include "service/prepare/host_list.h"
#include "service/prepare/secrets.h"
#include "service/targets/become_check.h"

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
    jumps.push_back(FormatTarget({jump.user, jump.address, jump.port}));
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
  WipeSecrets(&login);
  login.mutable_ssh_config()->set_file("/dev/null");
  if (!kept) login.mutable_ssh_config()->clear_options();
  return SshWays::Read(login, given);
}

// Something that decides how a host is reached.
struct Aspect {
  const char* name;
  Texts (*of)(const SshWay& way);
};

// What is said of a host: by all, by options and the inventory alone, and so on. A value.
struct Said {
  SshWay all;
  SshWay by_inventory;
  SshWay by_option;
  SshWay by_default;
};

// Lives for one call.
class HostReport {
 public:
  static absl::StatusOr<HostReport> Create(const ReportSources& sources);

  absl::StatusOr<v1::HostSettings> Of(const v1::RunHost& host);

 private:
  explicit HostReport(const ReportSources& sources) : sources_(sources) {}

  absl::StatusOr<Said> Ask(const HostQuery& query) const;
  const HostDetails* Find(const v1::RunHost& host) const;  // null: the inventory has none
  void AddWho(const v1::RunHost& host, const Said& said, v1::HostSettings* settings) const;
  // Who says a value that `aspect` finds; empty: it is so by default.
  std::string SourceOf(const Said& said, const Aspect& aspect, const std::string& value) const;
  // What a target or the inventory say before ssh_config is asked.
  std::string SourceOfGiven(bool by_inventory, bool by_option) const;

  const ReportSources sources_;
  std::shared_ptr<SshWays> without_files_;
  std::shared_ptr<SshWays> bare_;  // without options, too
};

absl::StatusOr<HostReport> HostReport::Create(const ReportSources& sources) {
  HostReport report(sources);
  for (const bool kept : {false, true}) {
    absl::StatusOr<std::shared_ptr<SshWays>> without =
        WithoutFiles(sources.login, sources.given, kept);
    if (!without.ok()) return without.status();
    (kept ? report.without_files_ : report.bare_) = *std::move(without);
  }
  return report;
}

absl::StatusOr<Said> HostReport::Ask(const HostQuery& query) const {
  const HostQuery bare = {query.host, {}, {}};
  HostQuery inventorys = bare;
  inventorys.options = query.options;
  Said said;
  const auto ask = [](SshWays* ways, const HostQuery& of, SshWay* way) {
    absl::StatusOr<SshWay> found = ways->Find(of);
    if (found.ok()) *way = *std::move(found);
    return found.status();
  };
  absl::Status status = ask(sources_.ways, query, &said.all);
  status.Update(ask(without_files_.get(), inventorys, &said.by_inventory));
  status.Update(ask(without_files_.get(), bare, &said.by_option));
  status.Update(ask(bare_.get(), bare, &said.by_default));
  if (!status.ok()) return status;
  return said;
}

std::string HostReport::SourceOf(const Said& said, const Aspect& aspect,
                                 const std::string& value) const {
  const auto says = [&](const SshWay& way) { return absl::c_linear_search(aspect.of(way), value); };
  const v1::LocalCredential& own = sources_.login.local();
  const bool given =
      (aspect.of == KeysOf &&
       absl::c_any_of(own.identity_files(),
                      [&](const auto& file) { return file.path() == value; })) ||
      (aspect.of == KnownHostsOf && absl::c_linear_search(own.known_hosts_files(), value)) ||
      (aspect.of == JumpsOf && !sources_.login.jump_hosts().empty() && says(said.by_option));
  if (given) return kOption;
  if (says(said.by_default)) return "";
  if (says(said.by_option)) return kOption;
  return says(said.by_inventory) ? SourceOfGiven(true, false) : kSshConfig;
}

std::string HostReport::SourceOfGiven(bool by_inventory, bool by_option) const {
  if (by_inventory && sources_.inventory != nullptr) return sources_.inventory->data().file;
  return by_option ? kOption : kTarget;
}

absl::StatusOr<v1::HostSettings> HostReport::Of(const v1::RunHost& host) {
  constexpr Aspect kOthers[] = {{"jump host", JumpsOf},      {"proxy command", ProxyOf},
                                {"identity file", KeysOf},   {"agent", AgentOf},
                                {"host key alias", AliasOf}, {"known_hosts", KnownHostsOf}};
  const absl::StatusOr<Said> said = Ask(QueryOf(host));
  if (!said.ok()) return said.status();
  v1::HostSettings settings;
  AddWho(host, *said, &settings);
  for (const Aspect& aspect : kOthers) {
    for (const std::string& value : aspect.of(said->all)) {
      Add(aspect.name, value, SourceOf(*said, aspect, value), &settings);
    }
  }
  return settings;
}

// What targets and inventories can give by themselves, before ssh_config is asked.
void HostReport::AddWho(const v1::RunHost& host, const Said& said,
                        v1::HostSettings* settings) const {
  static const HostDetails& nothing = *new HostDetails();
  const HostDetails* const found = Find(host);
  const HostDetails& details = found == nullptr ? nothing : *found;
  const HostQuery query = QueryOf(host);
  const auto add = [&](const Aspect& aspect, const std::string& value, bool given,
                       bool by_inventory, bool by_option) {
    Add(aspect.name, value,
        given ? SourceOfGiven(by_inventory, by_option) : SourceOf(said, aspect, value), settings);
  };
  const bool listed = !details.address.empty() && details.address == host.address();
  add({"address", AddressOf}, host.address(), listed, listed, false);
  add({"port", PortOf}, absl::StrCat(host.port()), query.port.has_value(),
      query.port == details.port, query.port == sources_.login.port());
  add({"user", UserOf}, host.user(), query.user.has_value(), query.user == details.user,
      query.user == sources_.login.user());
  const std::string become = BecomeText(details);
  if (!become.empty()) Add("become", become, sources_.inventory->data().file, settings);
}

// A name that tells two hosts of a run apart has more than the inventory's.
const HostDetails* HostReport::Find(const v1::RunHost& host) const {
  if (sources_.inventory == nullptr) return nullptr;
  const absl::StatusOr<Target> target = ParseTarget(host.name());
  return sources_.inventory->Find(target.ok() ? target->host : host.name());
}

absl::Status NotAsked() {
  return FieldError(
      {{"settings", "they are told where ssh_config is followed (login.ssh_config)"}});
}

}  // namespace

absl::Status ReportHosts(const ReportSources& sources, absl::Span<const v1::RunHost> hosts,
                         v1::ResolveTargetsResponse* response) {
  if (sources.ways == nullptr) return NotAsked();
  absl::StatusOr<HostReport> report = HostReport::Create(sources);
  if (!report.ok()) return report.status();
  size_t bytes = 0;
  for (const v1::RunHost& host : hosts) {
    if (bytes > kMaxPageBytes) break;
    absl::StatusOr<v1::HostSettings> settings = report->Of(host);
    if (!settings.ok()) {
      return FieldError(
          {{"login.ssh_config", absl::StrCat(host.name(), ": ", settings.status().message())}});
    }
    bytes += BytesInPage(*settings);
    *response->add_settings() = *std::move(settings);
  }
  return absl::OkStatus();
}

}  // namespace muster::service
