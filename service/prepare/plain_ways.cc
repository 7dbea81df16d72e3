#include "service/prepare/plain_ways.h"

#include <cstdint>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/types/variant.h"
#include "proto/contract/limits.h"
#include "service/ssh_config/config_file.h"
#include "service/ssh_config/expand.h"
#include "service/ssh_config/local_user.h"
#include "service/ssh_config/values.h"

namespace muster::service {
namespace {

absl::Status NotFollowed(const std::string& option, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(
      "the inventory tells ssh \"", option.substr(0, option.find_first_of("= \t")), "\" of it, ",
      why, " (targets.ignored_variables leaves a variable out of account)"));
}

absl::StatusOr<std::vector<JumpSpec>> JumpsOf(absl::string_view list,
                                              const std::string& default_user) {
  std::vector<JumpSpec> jumps;
  if (list.empty()) return jumps;  // "none"
  for (const absl::string_view entry : absl::StrSplit(list, ',')) {
    JumpTarget jump = *ParseJumpTarget(entry);  // the option was checked when it was read
    const uint16_t port = jump.port == 0 ? 22 : jump.port;
    jumps.push_back(
        {std::move(jump.host), port, jump.user.empty() ? default_user : std::move(jump.user)});
  }
  if (jumps.size() <= kMaxJumpHosts) return jumps;
  return absl::InvalidArgumentError(
      absl::StrCat(jumps.size(), " jump hosts in the inventory; at most ", kMaxJumpHosts));
}

// What the options of one host say, as far as it is followed. Lives for one call.
class Reader {
 public:
  Reader(const PlainWays::Given& given, AccessSpec* spec) : given_(given), spec_(spec) {}

  absl::Status Read(const std::string& option) {
    const auto file = ReadConfigOption(option);
    if (!file.ok()) return file.status();
    for (const ConfigItem& item : (*file)->items) {
      const auto* const setting = absl::get_if<Setting>(&item.what);
      if (setting == nullptr) return NotFollowed(option, "which only ssh_config can say");
      if (absl::Status status = Take(option, *setting); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Take(const std::string& option, const Setting& setting) {
    switch (setting.keyword) {
      case Keyword::kNeedless:
        return absl::OkStatus();
      case Keyword::kProxyJump:
        return TakeJumps(setting.values[0]);
      case Keyword::kIdentityFile:
        return TakeKey(option, setting.values[0]);
      default:
        return NotFollowed(option, "which is followed only where ssh_config is (login.ssh_config)");
    }
  }

  absl::Status TakeJumps(const std::string& list) {
    if (given_.way_is_given || std::exchange(has_jumps_, true)) return absl::OkStatus();
    absl::StatusOr<std::vector<JumpSpec>> jumps = JumpsOf(list, given_.default_user);
    if (jumps.ok()) spec_->jump_hosts = *std::move(jumps);
    return jumps.status();
  }

  // Behind those that were given; one that is not there is no error, as with ssh.
  absl::Status TakeKey(const std::string& option, const std::string& written) {
    if (!given_.credential_name.empty()) {
      return NotFollowed(option, absl::StrCat("but the keys are those of the credential \"",
                                              given_.credential_name, "\""));
    }
    absl::StatusOr<std::string> path = ExpandTilde(written, LocalUser::Own().home);
    if (!path.ok()) return path.status();
    spec_->credential.keys.identity_files.push_back(
        {*std::move(path), engine::Passphrase(), /*required=*/false, /*named=*/true});
    return absl::OkStatus();
  }

  const PlainWays::Given& given_;
  AccessSpec* const spec_;
  bool has_jumps_ = false;
};

}  // namespace

PlainWays::PlainWays(Given given) : given_(std::move(given)) {}

absl::StatusOr<std::shared_ptr<const AccessSpec>> PlainWays::Find(const v1::RunHost& host) {
  Options options(host.ssh_options().begin(), host.ssh_options().end());
  std::shared_ptr<const AccessSpec>& known = specs_[options];
  if (known != nullptr) return known;
  absl::StatusOr<AccessSpec> spec = Make(options);
  if (!spec.ok()) return spec.status();
  return known = std::make_shared<const AccessSpec>(*std::move(spec));
}

std::vector<engine::JumpHost> PlainWays::InventoryJumps(const std::vector<v1::RunHost>& hosts) {
  std::vector<engine::JumpHost> jumps;
  absl::flat_hash_set<std::tuple<std::string, std::string, uint16_t>> seen;
  for (const v1::RunHost& host : hosts) {
    if (host.ssh_options().empty()) continue;
    const auto spec = Find(host);
    if (!spec.ok()) continue;
    for (const JumpSpec& jump : (*spec)->jump_hosts) {
      if (!seen.emplace(jump.user, jump.address, jump.port).second) continue;
      jumps.push_back({jump.address, jump.port, jump.user});
    }
  }
  return jumps;
}

absl::StatusOr<AccessSpec> PlainWays::Make(const Options& options) const {
  AccessSpec spec;
  spec.credential = given_.credential;
  for (const engine::JumpHost& host : given_.jump_hosts) {
    spec.jump_hosts.push_back({host.address, host.port, host.user});
  }
  Reader reader(given_, &spec);
  for (const std::string& option : options) {
    if (absl::Status status = reader.Read(option); !status.ok()) return status;
  }
  return spec;
}

}  // namespace muster::service
