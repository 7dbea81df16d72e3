#include "service/line_filter.h"

#include "service/event_block.h"

namespace muster::service {
namespace {

// An event without the tag and the length that stand before it in a block.
absl::string_view Inner(absl::string_view entry) {
  size_t at = 1;
  while ((static_cast<unsigned char>(entry[at]) & 0x80) != 0) ++at;
  return entry.substr(at + 1);
}

}  // namespace

LineFilter::LineFilter(const v1::WatchRunRequest& request)
    : hosts_(request.host_indexes().begin(), request.host_indexes().end()),
      states_(request.states().begin(), request.states().end()) {}

bool LineFilter::Needed(const v1::WatchRunRequest& request) {
  return !request.host_indexes().empty() || !request.states().empty();
}

bool LineFilter::Wanted(const v1::Event& event) const {
  switch (event.kind_case()) {
    case v1::Event::kHostState:
      return WantedHost(event.host_state().host_index()) && WantedState(event.host_state().state());
    case v1::Event::kHostFinished:
      return WantedHost(event.host_finished().host_index()) &&
             WantedState(event.host_finished().outcome().state());
    case v1::Event::kOutput:
      return WantedHost(event.output().host_index());
    case v1::Event::kOutputOmitted:
      return WantedHost(event.output_omitted().host_index());
    case v1::Event::kProbeFinished:
      return WantedHost(event.probe_finished().host_index());
    default:
      return true;
  }
}

std::string LineFilter::Feed(absl::string_view events, uint64_t last, bool) {
  v1::WatchRunResponse position;
  position.set_last_sequence(last);
  std::string response;
  v1::Event event;
  while (!events.empty()) {
    const size_t size = SkipEvents(events, 1);
    if (size == 0) break;
    const absl::string_view entry = events.substr(0, size);
    const absl::string_view inner = Inner(entry);
    const bool parsed = event.ParseFromArray(inner.data(), static_cast<int>(inner.size()));
    if (parsed && Wanted(event)) response.append(entry.data(), entry.size());
    events.remove_prefix(size);
  }
  position.AppendToString(&response);
  return response;
}

}  // namespace muster::service
