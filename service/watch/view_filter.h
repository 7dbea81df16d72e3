// Which hosts and states a watcher wants.
#ifndef SERVICE_WATCH_VIEW_FILTER_H_
#define SERVICE_WATCH_VIEW_FILTER_H_

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "muster/v1/host.pb.h"
#include "muster/v1/run_service.pb.h"
#include "service/events/event_scan.h"

namespace muster::service {

// WatchRunRequest's host_indexes and states. A value.
class ViewFilter {
 public:
  ViewFilter() = default;
  explicit ViewFilter(const v1::WatchRunRequest& request);

  bool everything() const { return hosts_.empty() && states_.empty(); }
  bool WantsHost(uint32_t host) const { return hosts_.empty() || hosts_.contains(host); }
  bool WantsState(v1::HostState state) const { return states_.empty() || states_.contains(state); }
  // Whether LINES tells of it.
  bool WantsEvent(const ScannedEvent& event) const;

 private:
  absl::flat_hash_set<uint32_t> hosts_;  // empty: all
  absl::flat_hash_set<int> states_;      // empty: all
};

// The events of a block that LINES tells of, encoded as it is, are added to `to`. DATA_LOSS as
// ScanEvents.
absl::Status AppendWanted(const ViewFilter& filter, absl::string_view block, std::string* to);

}  // namespace muster::service

#endif  // SERVICE_WATCH_VIEW_FILTER_H_
