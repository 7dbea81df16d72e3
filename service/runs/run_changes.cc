#include "service/runs/run_changes.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace muster::service {
namespace {

// Of what counts as a change.
std::string BytesOf(v1::Run run) {
  run.clear_spec();  // never changes
  run.clear_last_sequence();
  return run.SerializeAsString();
}

}  // namespace

RunChanges::RunChanges(const Runs* runs, WatchedRuns which)
    : runs_(runs), which_(std::move(which)), ends_(runs->ends()->Enter()) {}

RunChanges::~RunChanges() { runs_->ends()->Leave(); }

bool RunChanges::Wants(const v1::RunSpec& spec, const std::string& creator) const {
  if (which_.creator.has_value() && *which_.creator != creator) return false;
  return std::all_of(which_.labels.begin(), which_.labels.end(), [&](const auto& label) {
    const auto found = spec.labels().find(label.first);
    return found != spec.labels().end() && found->second == label.second;
  });
}

void RunChanges::Look(const Run& run, KnownRuns* now, std::vector<v1::Run>* changed) {
  Known& known = (*now)[run.id()];
  const auto before = known_.find(run.id());
  const uint64_t newest = run.log()->last_sequence();
  if (before != known_.end() && before->second.last_sequence == newest) {
    known = std::move(before->second);
    return;
  }
  v1::Run summary = run.Summary();
  known = {newest, BytesOf(summary)};
  if (before == known_.end() || before->second.bytes != known.bytes) {
    changed->push_back(std::move(summary));
  }
}

// A run is in RunEnds before it leaves Live(), which is therefore asked first: it is in one of them
// in any case.
absl::StatusOr<std::vector<v1::Run>> RunChanges::Take() {
  std::vector<v1::Run> changed;
  KnownRuns now;
  const std::vector<std::shared_ptr<Run>> live = runs_->Live();
  const auto ended = runs_->ends()->Read(&ends_);
  if (!ended.ok()) return ended.status();
  absl::flat_hash_map<std::string, const v1::Run*> ends;
  for (const auto& run : *ended) {
    if (Wants(run->spec(), run->creator())) ends[run->id()] = run.get();
  }
  for (const std::shared_ptr<Run>& run : live) {
    if (!ends.contains(run->id()) && Wants(run->spec(), run->creator())) Look(*run, &now, &changed);
  }
  for (const auto& [id, run] : ends) {
    std::string bytes = BytesOf(*run);
    const auto before = known_.find(id);
    if (before == known_.end() || before->second.bytes != bytes) changed.push_back(*run);
    now[id] = {run->last_sequence(), std::move(bytes)};
  }
  known_ = std::move(now);
  return changed;
}

}  // namespace muster::service
