#include "service/runs/recovery.h"

#include <spdlog/spdlog.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/runs/run_past.h"

namespace muster::service {
namespace {

Why Lost(absl::string_view more = "") {
  return {v1::RUN_REASON_DAEMON_LOST, absl::StrCat(kDaemonLost, more), ""};
}

RunPlan PlanOf(const UnfinishedRun& unfinished, std::vector<v1::RunHost> hosts) {
  RunPlan plan;
  plan.spec = unfinished.run.spec();
  plan.creator = unfinished.run.creator();
  plan.request_id = unfinished.request_id;
  plan.request_digest = unfinished.request_digest;
  plan.rerun_of = unfinished.run.rerun_of();
  plan.warnings.assign(unfinished.run.warnings().begin(), unfinished.run.warnings().end());
  plan.rollout = PlanRollout(plan.spec.rollout(), hosts);
  plan.hosts = std::move(hosts);
  return plan;
}

// Why a run is not continued; no reason: it is, with `prepared`.
Why Continue(const UnfinishedRun& unfinished, const ReadPast& read, const RunPreparer& preparer,
             PreparedRun* prepared) {
  if (!read.damage.empty()) {
    return Lost(absl::StrCat(" A part of its log cannot be read: ", read.damage, "."));
  }
  if (!unfinished.run.spec().continue_after_restart()) return Lost();
  if (read.past.state == v1::RUN_STATE_STOPPING) {
    return read.past.why.message.empty() ? Lost() : read.past.why;
  }
  if (unfinished.run.spec().input() == v1::RUN_INPUT_STREAM) {
    Why why = Lost(" It cannot be continued: the input that was sent to it is gone.");
    why.reason = v1::RUN_REASON_NOT_CONTINUED;
    return why;
  }
  absl::StatusOr<PreparedRun> again =
      preparer.Prepare(CallerOfText(unfinished.run.creator()), unfinished.run.spec(), read.hosts);
  if (!again.ok()) {
    Why why = Lost(absl::StrCat(" It cannot be continued: ", again.status().message(), "."));
    why.reason = v1::RUN_REASON_NOT_CONTINUED;
    return why;
  }
  *prepared = *std::move(again);
  return {};
}

void RecoverOne(const UnfinishedRun& unfinished, const ReadPast& read, const RunPreparer& preparer,
                RunStarter* starter) {
  PreparedRun prepared;
  const bool has_end = read.past.end_state != v1::RUN_STATE_UNSPECIFIED &&
                       read.past.ended.size() == read.hosts.size();
  const Why why_not = has_end ? Why() : Continue(unfinished, read, preparer, &prepared);
  const bool goes_on = !has_end && why_not.message.empty();
  RunPlan plan = PlanOf(unfinished, read.hosts);
  plan.max_output_bytes = prepared.plan.max_output_bytes;
  plan.max_output_bytes_per_host = prepared.plan.max_output_bytes_per_host;
  plan.hidden_paths = prepared.plan.hidden_paths;
  const std::shared_ptr<Run> run = starter->Adopt(unfinished.run.id(), std::move(plan), read.past);
  spdlog::warn("run {} of {}: was under way when musterd ended: {}", run->id(), run->creator(),
               goes_on ? "is continued" : "is closed");
  if (has_end) return run->CloseAsLogged();
  if (!goes_on) return run->Close(why_not);
  run->Begin(std::move(prepared.job), std::move(prepared.probe), std::move(prepared.reaches));
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
