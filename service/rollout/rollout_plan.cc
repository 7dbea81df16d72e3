#include "service/rollout/rollout_plan.h"

#include <algorithm>
#include <string>
#include <utility>

#include "proto/contract/times.h"
#include "service/rollout/host_amount.h"
#include "service/rollout/host_order.h"

namespace muster::service {
namespace {

absl::StatusOr<std::vector<size_t>> BatchSizes(const v1::Rollout& rollout, size_t hosts) {
  std::vector<size_t> sizes;
  for (const std::string& text : rollout.batches()) {
    absl::StatusOr<HostAmount> amount = ParseHostAmount("rollout.batches", text, 1);
    if (!amount.ok()) return amount.status();
    sizes.push_back(amount->RoundedUp(static_cast<uint32_t>(hosts)));
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

absl::StatusOr<RolloutPlan> PlanRollout(const v1::Rollout& rollout,
                                        const std::vector<v1::RunHost>& hosts) {
  absl::StatusOr<std::vector<size_t>> sizes = BatchSizes(rollout, hosts.size());
  if (!sizes.ok()) return sizes.status();
  RolloutPlan plan;
  plan.batch_ends = BatchEnds(*sizes, hosts.size());
  plan.order = OrderHosts(hosts, rollout.order(), rollout.shuffle_seed());
  if (!rollout.max_failures().empty()) {
    absl::StatusOr<HostAmount> most =
        ParseHostAmount("rollout.max_failures", rollout.max_failures(), 0);
    if (!most.ok()) return most.status();
    plan.max_failures = most->RoundedDown(static_cast<uint32_t>(hosts.size()));
  }
  plan.batch_pause = ToDuration(rollout.batch_pause());
  plan.confirm_batches = rollout.confirm_batches();
  plan.probe = rollout.has_probe();
  return plan;
}

}  // namespace muster::service
