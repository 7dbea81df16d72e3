#include "service/watch/view_filter.h"

namespace muster::service {

ViewFilter::ViewFilter(const v1::WatchRunRequest& request)
    : hosts_(request.host_indexes().begin(), request.host_indexes().end()),
      states_(request.states().begin(), request.states().end()) {}

bool ViewFilter::WantsEvent(const ScannedEvent& scanned) const {
  const absl::optional<uint32_t> host = HostOf(scanned);
  if (!host.has_value()) return true;
  if (!WantsHost(*host)) return false;
  if (scanned.is_output) return true;
  const v1::Event& event = scanned.event;
  if (event.has_host_state()) return WantsState(event.host_state().state());
  return !event.has_host_finished() || WantsState(event.host_finished().outcome().state());
}

absl::Status AppendWanted(const ViewFilter& filter, absl::string_view block, std::string* to) {
  return ScanEvents(block, [&](const ScannedEvent& event) {
    if (filter.WantsEvent(event)) to->append(event.encoded.data(), event.encoded.size());
  });
}

}  // namespace muster::service
