#include "service/rollout/rollout_plan.h"

#include <algorithm>

#include "proto/contract/times.h"
#include "service/rollout/host_amount.h"
#include "service/rollout/host_order.h"

namespace muster::service {
namespace {

std::vector<size_t> BatchSizes(const v1::Rollout& rollout, size_t hosts) {
  std::vector<size_t> sizes;
  for (const v1::HostAmount& amount : rollout.batches()) {
    sizes.push_back(std::max(1u, RoundedUp(amount, static_cast<uint32_t>(hosts))));
  }
  if (sizes.empty()) sizes.push_back(hosts);
  return sizes;
}

std::vector<size_t> BatchEnds(const std::vector<size_t>& sizes, size_t hosts) {
  std::vector<size_t> ends;
  size_t end = 0;
  do {
    const size_t size = sizes[std::min(ends.size(), sizes.size() - 1)];
    end += std::min(size, hosts - end);
    ends.push_back(end);
  } while (end < hosts);
  return ends;
}

}  // namespace

RolloutPlan PlanRollout(const v1::Rollout& rollout, const std::vector<v1::RunHost>& hosts) {
  RolloutPlan plan;
  plan.batch_ends = BatchEnds(BatchSizes(rollout, hosts.size()), hosts.size());
  plan.order = OrderHosts(hosts, rollout.order(), rollout.shuffle_seed());
  if (rollout.has_max_failures()) {
    plan.max_failures = RoundedDown(rollout.max_failures(), static_cast<uint32_t>(hosts.size()));
  }
  plan.batch_pause = ToDuration(rollout.batch_pause());
  plan.confirm_batches = rollout.confirm_batches();
  plan.probe = rollout.has_probe();
  return plan;
}

}  // namespace muster::service
