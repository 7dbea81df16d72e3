// What is known of a run before it begins.
#ifndef SERVICE_PREPARE_RUN_PLAN_H_
#define SERVICE_PREPARE_RUN_PLAN_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "muster/v1/host.pb.h"
#include "muster/v1/run.pb.h"
#include "service/prepare/command_line.h"
#include "service/rollout/rollout_plan.h"
#include "ssh_engine/channel_setup.h"
#include "ssh_engine/host.h"

namespace muster::service {

// What a run is made from. A value.
struct RunPlan {
  v1::RunSpec spec;  // without secrets
  std::string creator;
  std::string request_id;
  std::string request_digest;  // RequestDigest
  std::string rerun_of;
  std::vector<v1::RunHost> hosts;
  PerHost differing;
  RolloutPlan rollout;
  std::vector<std::string> warnings;
  std::vector<std::string> hidden_paths;  // of which its creator learns no folder (WithoutFolders)
  // Counted while it runs; null where the policy accepts none.
  std::shared_ptr<const engine::NewHostKeys> new_host_keys;
  std::vector<std::string> new_host_keys_files;  // where they may have gone
  std::shared_ptr<const engine::RefusedEnvironment> refused_environment;  // counted while it runs
  uint64_t max_output_bytes_per_host = 0;                                 // 0: no limit
  uint64_t max_output_bytes = 0;                                          // of all hosts
};

}  // namespace muster::service

#endif  // SERVICE_PREPARE_RUN_PLAN_H_
