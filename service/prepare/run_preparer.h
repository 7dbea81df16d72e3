// From what a caller asks to what the engine can do.
#ifndef SERVICE_PREPARE_RUN_PREPARER_H_
#define SERVICE_PREPARE_RUN_PREPARER_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "muster/v1/run.pb.h"
#include "muster/v1/target_service.pb.h"
#include "service/access/authorizer.h"
#include "service/access/caller.h"
#include "service/access/config.h"
#include "service/artifacts/artifact_store.h"
#include "service/prepare/file_cache.h"
#include "service/prepare/host_list.h"
#include "service/prepare/reach.h"
#include "service/prepare/run_plan.h"
#include "ssh_engine/host.h"
#include "ssh_engine/input.h"
#include "ssh_engine/job.h"

namespace muster::service {

class PlainWays;
struct SshWay;

// A run that has only to be started. A value.
struct PreparedRun {
  RunPlan plan;
  engine::Job job;
  engine::Job probe;  // of Rollout.probe, if there is one
  Reaches reaches;
};

// What musterd's operator has set for all runs. A value.
struct RunSettings {
  uint64_t max_output_bytes = std::numeric_limits<uint64_t>::max();  // of one run at most
};

// Checks, authorizes the credential, resolves, authorizes the hosts, reads keys and known_hosts.
// What it tells a network caller names no folder of the daemon's machine, and no host or group that
// he has not named himself or may not use. Thread-safe; blocks (files,
// decrypting keys, the agent): helper threads only. What it is given must outlive it.
class RunPreparer {
 public:
  // `artifacts`: null where there are none.
  RunPreparer(const Config* config, const Authorizer* authorizer, FileCache* files,
              const RunSettings& settings, const ArtifactStore* artifacts);

  // Errors as CreateRun documents them.
  absl::StatusOr<PreparedRun> Prepare(const Caller& caller, const v1::RunSpec& spec) const;
  // The same for hosts that are known already.
  absl::StatusOr<PreparedRun> Prepare(const Caller& caller, const v1::RunSpec& spec,
                                      std::vector<v1::RunHost> hosts) const;
  // The same for hosts of an earlier run that run again: where ssh_config says now.
  absl::StatusOr<PreparedRun> PrepareAgain(const Caller& caller, const v1::RunSpec& spec,
                                           std::vector<v1::RunHost> hosts) const;
  // What ResolveTargets answers, with all hosts at once, but settings of those from `first` on, as
  // many as a page has room for; errors as it documents them.
  absl::StatusOr<v1::ResolveTargetsResponse> Look(const Caller& caller,
                                                  const v1::ResolveTargetsRequest& request,
                                                  size_t first = 0) const;
  // Whom hosts of which nothing else says it log in as.
  std::string UserOf(const v1::Login& login) const;

 private:
  // What to log in with, wherever it comes from.
  struct Login {
    NamedCredential credential;
    std::string name;                     // of the configuration; empty for a local one
    std::shared_ptr<SshWays> ssh_config;  // null: it is not asked
  };
  // `timeouts`: those that come before ssh_config's.
  absl::StatusOr<Login> FindLogin(const Caller& caller, const v1::Login& login,
                                  const v1::Timeouts& timeouts) const;
  absl::StatusOr<std::vector<v1::RunHost>> Resolve(const Caller& caller,
                                                   const v1::TargetSpec& targets,
                                                   HostDefaults defaults,
                                                   InventoryUse inventory) const;
  // Of hosts of which nothing else says it.
  std::string DefaultUser(const v1::Login& login, const NamedCredential& credential) const;
  HostDefaults DefaultsOf(const v1::Login& login, const Login& found) const;
  absl::StatusOr<std::string> FindInventory(const Caller& caller,
                                            const v1::TargetSpec& targets) const;
  // What is to be told of it goes to the run's plan.
  absl::Status ReachAll(const Login& login, PlainWays* plain, const std::vector<v1::RunHost>& hosts,
                        const v1::RunSpec& spec, PreparedRun* run) const;
  // ResolveTargetsResponse.settings.
  absl::Status Report(const v1::ResolveTargetsRequest& request, const Login& login,
                      absl::Span<const v1::RunHost> hosts,
                      v1::ResolveTargetsResponse* response) const;
  // By ssh_config where that is asked, else by `plain`.
  static absl::StatusOr<SshWay> WayOf(const Login& login, PlainWays* plain,
                                      const v1::RunHost& host);
  // What its commands read, and notes in the specification which bytes; null: nothing that is known
  // before it begins.
  absl::StatusOr<std::shared_ptr<engine::InputSource>> OpenInput(const Caller& caller,
                                                                 v1::RunSpec* spec) const;
  // What may not be meant as it is written.
  std::vector<std::string> WarningsOf(const Caller& caller, const v1::TargetSpec& targets) const;
  absl::StatusOr<PreparedRun> PrepareWith(const Caller& caller, const v1::RunSpec& spec,
                                          const Login& login, std::vector<v1::RunHost> hosts) const;

  const Config* const config_;
  const Authorizer* const authorizer_;
  FileCache* const files_;
  const RunSettings settings_;
  const ArtifactStore* const artifacts_;
  const std::string own_user_;  // the name of the user that the daemon runs as
};

}  // namespace muster::service

#endif  // SERVICE_PREPARE_RUN_PREPARER_H_
