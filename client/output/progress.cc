#include "client/output/progress.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "proto/contract/states.h"
#include "proto/contract/visible_text.h"
#include "proto/nodeset/node_set.h"

namespace muster::client {
namespace {

constexpr size_t kMaxNamed = 1000;
constexpr uint32_t kUsualInFlight = 256;  // Rollout.max_in_flight

bool IsBusy(v1::HostState state) { return state > v1::HOST_STATE_QUEUED && !IsTerminal(state); }

// Why hosts are not started yet; the daemon does not tell it of each, so as far as the run's own
// rules say it.
std::string QueueText(const RunView& view) {
  const size_t queued = view.CountOf(v1::HOST_STATE_QUEUED);
  if (view.state() == v1::RUN_STATE_PAUSED) return "the run is paused";
  if (view.state() == v1::RUN_STATE_STOPPING || queued == 0) return "";
  const size_t waiting = queued - std::min(queued, view.hosts() - view.admitted());
  const v1::Rollout& rollout = view.run().spec().rollout();
  if (waiting == 0) {
    const bool pause = view.busy() == 0 && rollout.has_batch_pause();
    return pause ? "the pause before the next batch" : absl::StrCat(queued, " in later batches");
  }
  const uint32_t limit = rollout.max_in_flight() == 0 ? kUsualInFlight : rollout.max_in_flight();
  if (view.busy() >= limit) return absl::StrCat(waiting, " queued, ", limit, " at a time");
  if (rollout.lock().empty()) return absl::StrCat(waiting, " queued");
  return absl::StrCat(waiting, " queued for the lock ", Visible(rollout.lock()));
}

}  // namespace

std::string ElapsedText(absl::Duration elapsed) {
  const int64_t seconds = std::max<int64_t>(absl::ToInt64Seconds(elapsed), 0);
  if (seconds < 100) return absl::StrCat(seconds, " s");
  if (seconds < 3600) return absl::StrFormat("%d:%02d min", seconds / 60, seconds % 60);
  return absl::StrFormat("%d:%02d h", seconds / 3600, seconds / 60 % 60);
}

std::string BusyHosts(const RunView& view) {
  if (!view.knows_each()) return "";
  std::vector<std::string> names;
  for (uint32_t host = 0; host < view.hosts() && names.size() < kMaxNamed; ++host) {
    if (IsBusy(view.StateOf(host))) names.push_back(view.LabelOf(host));
  }
  if (names.empty()) return "";
  const size_t more = view.busy() - std::min(view.busy(), names.size());
  return absl::StrCat(FoldNodeSet(names), more > 0 ? absl::StrCat(" and ", more, " more") : "");
}

std::string ProgressText(const RunView& view, absl::Duration elapsed) {
  std::string text =
      absl::StrCat(view.done(), "/", view.hosts(), " done, ", view.busy(), " running");
  if (view.failed() > 0) absl::StrAppend(&text, ", ", view.failed(), " did not succeed");
  absl::StrAppend(&text, ", ", ElapsedText(elapsed));
  if (elapsed < kNameAfter) return text;
  const std::string busy = BusyHosts(view);
  const std::string queue = QueueText(view);
  if (!busy.empty()) absl::StrAppend(&text, ": waiting for ", busy);
  if (!queue.empty()) absl::StrAppend(&text, busy.empty() ? ": " : "; ", queue);
  return text;
}

}  // namespace muster::client
