#include "service/runs/recovery.h"

#include <spdlog/spdlog.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/runs/run_past.h"

namespace muster::service {
namespace {

constexpr char kHasEnd[] = "Only the store's word of its end was missing.";

RunPlan PlanOf(const UnfinishedRun& unfinished, std::vector<v1::RunHost> hosts) {
  RunPlan plan;
  plan.spec = unfinished.run.spec();
  plan.creator = unfinished.run.creator();
  plan.request_id = unfinished.request_id;
  plan.rerun_of = unfinished.run.rerun_of();
  plan.warnings.assign(unfinished.run.warnings().begin(), unfinished.run.warnings().end());
  const absl::StatusOr<RolloutPlan> rollout = PlanRollout(plan.spec.rollout(), hosts);
  if (rollout.ok()) plan.rollout = *rollout;
  plan.hosts = std::move(hosts);
  return plan;
}

// Why a run is not continued; empty: it is, with `prepared`.
std::string Continue(const UnfinishedRun& unfinished, const ReadPast& read,
                     const RunPreparer& preparer, PreparedRun* prepared) {
  if (!read.damage.empty()) {
    return absl::StrCat(kDaemonLost, " A part of its log cannot be read: ", read.damage, ".");
  }
  if (!unfinished.run.spec().continue_after_restart()) return kDaemonLost;
  if (read.past.state == v1::RUN_STATE_STOPPING) {
    return read.past.message.empty() ? kDaemonLost : read.past.message;
  }
  absl::StatusOr<PreparedRun> again =
      preparer.Prepare(CallerOfText(unfinished.run.creator()), unfinished.run.spec(), read.hosts);
  if (!again.ok()) {
    return absl::StrCat(kDaemonLost, " It cannot be continued: ", again.status().message(), ".");
  }
  *prepared = *std::move(again);
  return "";
}

void RecoverOne(const UnfinishedRun& unfinished, const ReadPast& read, const RunPreparer& preparer,
                RunStarter* starter) {
  PreparedRun prepared;
  const bool has_end = read.past.end_state != v1::RUN_STATE_UNSPECIFIED &&
                       read.past.ended.size() == read.hosts.size();
  const std::string why_not = has_end ? kHasEnd : Continue(unfinished, read, preparer, &prepared);
  RunPlan plan = PlanOf(unfinished, read.hosts);
  plan.max_output_bytes = prepared.plan.max_output_bytes;
  plan.max_output_bytes_per_host = prepared.plan.max_output_bytes_per_host;
  plan.hidden_paths = prepared.plan.hidden_paths;
  const std::shared_ptr<Run> run = starter->Adopt(unfinished.run.id(), std::move(plan), read.past);
  spdlog::warn("run {} of {}: was under way when musterd ended: {}", run->id(), run->creator(),
               why_not.empty() ? "is continued" : "is closed");
  if (has_end) return run->CloseAsLogged();
  if (why_not.empty()) {
    return run->Begin(std::move(prepared.job), std::move(prepared.probe),
                      std::move(prepared.access));
  }
  run->Close(why_not, /*canceled=*/false);
}

}  // namespace

absl::Status Recover(const RunStore& store, const RunPreparer& preparer, RunStarter* starter) {
  absl::StatusOr<std::vector<UnfinishedRun>> unfinished = store.Unfinished();
  if (!unfinished.ok()) return unfinished.status();
  for (const UnfinishedRun& run : *unfinished) {
    if (!run.damage.empty()) spdlog::error("run {}: {}", run.run.id(), run.damage);
    const absl::StatusOr<ReadPast> read = ReadRunPast(store, run);
    if (!read.ok()) {
      spdlog::error("run {}: is left as it is: {}", run.run.id(),
                    std::string(read.status().message()));
      continue;
    }
    RecoverOne(run, *read, preparer, starter);
  }
  return absl::OkStatus();
}

}  // namespace muster::service
