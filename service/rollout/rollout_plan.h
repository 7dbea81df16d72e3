// What Rollout of the contract means for the hosts of one run.
#ifndef SERVICE_ROLLOUT_ROLLOUT_PLAN_H_
#define SERVICE_ROLLOUT_ROLLOUT_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "muster/v1/host.pb.h"
#include "muster/v1/run.pb.h"

namespace muster::service {

// A value.
struct RolloutPlan {
  std::vector<uint32_t> order;  // host indexes, as they are started
  std::vector<size_t>
      batch_ends;  // ascending places in `order`, at least one; the last is its size
  absl::optional<uint32_t> max_failures;
  absl::Duration batch_pause;
  bool confirm_batches = false;
  bool probe = false;
};

// `rollout` has passed CheckSpec. Of SHUFFLED, a seed of 0 is one like any other here.
RolloutPlan PlanRollout(const v1::Rollout& rollout, const std::vector<v1::RunHost>& hosts);

}  // namespace muster::service

#endif  // SERVICE_ROLLOUT_ROLLOUT_PLAN_H_
