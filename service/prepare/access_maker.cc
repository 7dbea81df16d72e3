#include "service/prepare/access_maker.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "service/access/hidden_paths.h"

namespace muster::service {
namespace {

constexpr char kUnchecked[] =
    "Host keys are not checked (host key policy off): whoever answers at a host's address gets its "
    "commands, and passwords that are given.";

}  // namespace

absl::StatusOr<std::shared_ptr<const engine::Access>> AccessMaker::Make(
    const std::shared_ptr<const AccessSpec>& spec) {
  std::shared_ptr<const engine::Access>& made = made_[spec];
  if (made != nullptr) return made;
  absl::StatusOr<engine::Access> access = MakeOne(*spec);
  if (!access.ok()) return access.status();
  return made_[spec] = std::make_shared<const engine::Access>(*std::move(access));
}

absl::StatusOr<engine::Access> AccessMaker::MakeOne(const AccessSpec& spec) {
  engine::Access access;
  const NamedCredential& credential = spec.credential;
  absl::StatusOr<std::shared_ptr<const engine::Credential>> keys = Load(credential.keys);
  if (!keys.ok()) return Hide(keys.status());
  access.credential = *std::move(keys);
  absl::StatusOr<std::shared_ptr<engine::KnownHosts>> known_hosts =
      files_->GetKnownHosts(credential.known_hosts_files, credential.revoked_host_keys_file);
  if (!known_hosts.ok()) return Hide(known_hosts.status());
  access.known_hosts = *std::move(known_hosts);
  access.host_key_policy = credential.host_key_policy;
  access.hash_new_names = credential.hash_known_hosts;
  access.connect = spec.connect;
  CountNewHostKeys(credential, &access);
  Warn(access.known_hosts->Problems());
  if (access.host_key_policy == engine::HostKeyPolicy::kOff) Warn(kUnchecked);
  for (const JumpSpec& jump : spec.jump_hosts) {
    absl::StatusOr<engine::JumpHost> host = MakeJumpHost(jump);
    if (!host.ok()) return host.status();
    access.jump_hosts.push_back(*std::move(host));
  }
  return access;
}

absl::StatusOr<std::shared_ptr<const engine::Credential>> AccessMaker::Load(
    const engine::CredentialSpec& keys) {
  std::shared_ptr<const engine::Credential>& known = credentials_[keys];
  if (known != nullptr) return known;
  absl::StatusOr<std::shared_ptr<const engine::Credential>> loaded = engine::LoadCredential(keys);
  if (loaded.ok()) known = *loaded;
  return loaded;
}

absl::StatusOr<engine::JumpHost> AccessMaker::MakeJumpHost(const JumpSpec& spec) {
  engine::JumpHost host = {spec.address, spec.port, spec.user, spec.host_key_alias};
  host.proxy_command = spec.proxy_command;
  if (spec.access == nullptr) return host;
  absl::StatusOr<std::shared_ptr<const engine::Access>> access = Make(spec.access);
  if (!access.ok()) return access.status();
  host.access = *std::move(access);
  return host;
}

void AccessMaker::CountNewHostKeys(const NamedCredential& credential, engine::Access* access) {
  if (credential.host_key_policy != engine::HostKeyPolicy::kAcceptNew) return;
  if (new_host_keys_ == nullptr) new_host_keys_ = std::make_shared<engine::NewHostKeys>();
  access->new_host_keys = new_host_keys_;
  plan_->new_host_keys = new_host_keys_;
  if (credential.known_hosts_files.empty()) return;
  const std::string file =
      WithoutFolders(credential.known_hosts_files.front(), plan_->hidden_paths);
  std::vector<std::string>& files = plan_->new_host_keys_files;
  if (!absl::c_linear_search(files, file)) files.push_back(file);
}

void AccessMaker::Warn(const std::string& problems) {
  const std::string warning = WithoutFolders(problems, plan_->hidden_paths);
  if (warning.empty() || absl::c_linear_search(plan_->warnings, warning)) return;
  plan_->warnings.push_back(warning);
}

absl::Status AccessMaker::Hide(const absl::Status& status) const {
  return absl::Status(status.code(), WithoutFolders(status.message(), plan_->hidden_paths));
}

}  // namespace muster::service
