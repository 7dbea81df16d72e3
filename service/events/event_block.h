// Events of a run, encoded once, for every watcher.
#ifndef SERVICE_EVENTS_EVENT_BLOCK_H_
#define SERVICE_EVENTS_EVENT_BLOCK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "muster/v1/event.pb.h"

namespace muster::service {

// Encodes events as `repeated Event events = 1`, the form that WatchRunResponse and
// CreateAndWatchRunResponse share on the wire: blocks joined are one message. Where the sequence
// and the time belong, it leaves room of a fixed width, to be filled in when the events get their
// place in the log. Not thread-safe.
class EventBlock {
 public:
  // Adds an event of which only the kind is set; what it has of sequence and time is ignored.
  void Add(const v1::Event& event);
  // Adds an output event, with the bytes copied once.
  void AddOutput(uint32_t host_index, v1::OutputStream stream, absl::string_view data,
                 bool unterminated, bool split);

  // Gives the events the sequences `first`, `first` + 1, ... and one time.
  void Stamp(uint64_t first, absl::Time time);

  // Adds the events of `other`, as they are.
  void Join(const EventBlock& other);

  bool empty() const { return stamps_.empty(); }
  size_t count() const { return stamps_.size(); }
  size_t size() const { return bytes_.size(); }
  // As long as this is not changed.
  absl::string_view bytes() const { return bytes_; }
  // The bytes; this is empty afterwards.
  std::string Take();
  // A copy without slack, to be kept; this is empty afterwards and keeps its memory for the next
  // events, which then grow into nothing new.
  EventBlock TakeCopy();

 private:
  // Begins an event whose kind takes `size` bytes, tag included.
  void Begin(size_t size);

  std::string bytes_;
  std::vector<size_t> stamps_;  // where each event's sequence stands
};

// Where the event after the first `count` events of a block begins. The block must be well formed.
size_t SkipEvents(absl::string_view block, size_t count);

}  // namespace muster::service

#endif  // SERVICE_EVENTS_EVENT_BLOCK_H_
