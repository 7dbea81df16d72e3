// From what hosts are to be reached by to what the engine reaches them by.
#ifndef SERVICE_PREPARE_ACCESS_MAKER_H_
#define SERVICE_PREPARE_ACCESS_MAKER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "service/prepare/access_spec.h"
#include "service/prepare/file_cache.h"
#include "service/prepare/run_plan.h"
#include "ssh_engine/host.h"

namespace muster::service {

// Of one run: reads each credential and each specification once. What is to be told of them goes to
// the run's plan, without the folders that it hides. Blocks: helper threads only.
class AccessMaker {
 public:
  // What it is given must outlive it.
  AccessMaker(FileCache* files, RunPlan* plan) : files_(files), plan_(plan) {}

  // Errors of engine::LoadCredential and FileCache::GetKnownHosts.
  absl::StatusOr<std::shared_ptr<const engine::Access>> Make(
      const std::shared_ptr<const AccessSpec>& spec);

 private:
  absl::StatusOr<engine::Access> MakeOne(const AccessSpec& spec);
  absl::StatusOr<std::shared_ptr<const engine::Credential>> Load(
      const engine::CredentialSpec& keys);
  absl::StatusOr<engine::JumpHost> MakeJumpHost(const JumpSpec& spec);
  void CountNewHostKeys(const NamedCredential& credential, engine::Access* access);
  void Warn(const std::string& problems);
  absl::Status Hide(const absl::Status& status) const;

  FileCache* const files_;
  RunPlan* const plan_;
  std::shared_ptr<engine::NewHostKeys> new_host_keys_;
  absl::flat_hash_map<std::shared_ptr<const AccessSpec>, std::shared_ptr<const engine::Access>>
      made_;
  absl::flat_hash_map<engine::CredentialSpec, std::shared_ptr<const engine::Credential>>
      credentials_;
};

}  // namespace muster::service

#endif  // SERVICE_PREPARE_ACCESS_MAKER_H_
