// What a watcher is sent of a run's log.
#ifndef SERVICE_EVENT_VIEW_H_
#define SERVICE_EVENT_VIEW_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace muster::service {

// Makes responses from a run's events, for one watcher. Belongs to its reactor, which calls it with
// one part of the log after the other, never from two threads at once.
class EventView {
 public:
  virtual ~EventView() = default;
  // `events`: whole ones, `repeated Event events = 1`, up to the sequence `last`. Gives an encoded
  // WatchRunResponse without its run, or nothing, where nothing is to be sent now.
  virtual std::string Feed(absl::string_view events, uint64_t last) = 0;
  // What was held back, when the log has ended.
  virtual std::string Finish() { return ""; }
};

}  // namespace muster::service

#endif  // SERVICE_EVENT_VIEW_H_
