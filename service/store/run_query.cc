#include "service/store/run_query.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "proto/contract/action_text.h"
#include "proto/contract/times.h"

namespace muster::service {
namespace {

bool HasLabels(const v1::Run& run, const std::map<std::string, std::string>& labels) {
  return std::all_of(labels.begin(), labels.end(), [&](const auto& label) {
    const auto found = run.spec().labels().find(label.first);
    return found != run.spec().labels().end() && found->second == label.second;
  });
}

}  // namespace

absl::Time CreateTime(const v1::Run& run) { return TimeOf(run.create_time()); }

bool Matches(const v1::Run& run, const RunQuery& query) {
  const auto& states = query.states;
  const absl::Time time = CreateTime(run);
  return absl::StartsWith(run.id(), query.id_prefix) &&
         (query.creator.empty() || run.creator() == query.creator) &&
         (states.empty() || std::find(states.begin(), states.end(), run.state()) != states.end()) &&
         time >= query.created_after && time < query.created_before &&
         HasLabels(run, query.labels) &&
         (query.command_contains.empty() ||
          absl::StrContains(ActionText(run.spec()), query.command_contains));
}

}  // namespace muster::service
