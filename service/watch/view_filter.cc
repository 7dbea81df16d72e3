#include "service/watch/view_filter.h"

namespace muster::service {

ViewFilter::ViewFilter(const v1::WatchRunRequest& request)
    : hosts_(request.host_indexes().begin(), request.host_indexes().end()),
      states_(request.states().begin(), request.states().end()) {}

bool ViewFilter::WantsEvent(const ScannedEvent& scanned) const {
  if (scanned.is_output) return WantsHost(scanned.host_index);
  const v1::Event& event = scanned.event;
  switch (event.kind_case()) {
    case v1::Event::kHostState:
      return WantsHost(event.host_state().host_index()) && WantsState(event.host_state().state());
    case v1::Event::kHostFinished:
      return WantsHost(event.host_finished().host_index()) &&
             WantsState(event.host_finished().outcome().state());
    case v1::Event::kOutputOmitted:
      return WantsHost(event.output_omitted().host_index());
    case v1::Event::kProbeFinished:
      return WantsHost(event.probe_finished().host_index());
    default:
      return true;  // of the run itself
  }
}

absl::Status AppendWanted(const ViewFilter& filter, absl::string_view block, std::string* to) {
  return ScanEvents(block, [&](const ScannedEvent& event) {
    if (filter.WantsEvent(event)) to->append(event.encoded.data(), event.encoded.size());
  });
}

}  // namespace muster::service
