// Reads encoded events without copying output.
#ifndef SERVICE_EVENTS_EVENT_SCAN_H_
#define SERVICE_EVENTS_EVENT_SCAN_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "muster/v1/event.pb.h"

namespace muster::service {

// One event of a block, which its views point into.
struct ScannedEvent {
  absl::string_view encoded;  // with its tag: blocks can be joined from these
  // HostOutput, or any other kind: then `event` is it.
  bool is_output = false;
  uint32_t host_index = 0;
  v1::OutputStream stream = v1::OUTPUT_STREAM_UNSPECIFIED;
  absl::string_view data;
  v1::Event event;
};

// The host that an event is about; none: it is about the run itself.
absl::optional<uint32_t> HostOf(const ScannedEvent& event);

// Calls `each` for the events of a block (event_block.h), in order. The event is good until it
// returns. DATA_LOSS: malformed; what came before was told.
absl::Status ScanEvents(absl::string_view block,
                        absl::FunctionRef<void(const ScannedEvent& event)> each);

}  // namespace muster::service

#endif  // SERVICE_EVENTS_EVENT_SCAN_H_
