// What a watcher is sent of a run's log.
#ifndef SERVICE_WATCH_EVENT_VIEW_H_
#define SERVICE_WATCH_EVENT_VIEW_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace muster::service {

// Makes responses from a run's events, for one watcher. Belongs to its reactor, which calls it with
// one part of the log after the other, never from two threads at once. The reactor adds the run to
// the first response and to the last, and to each where the watch stands.
class EventView {
 public:
  virtual ~EventView() = default;
  // `events`: whole ones, `repeated Event events = 1`; none where the watcher is to be sent its
  // first response before there are any. With `more`, others can be read at once. Gives an encoded
  // WatchRunResponse without its run and position, or nothing, where nothing is to be sent now.
  virtual std::string Feed(absl::string_view events, bool more) = 0;
  // What was held back, when the log has ended; called until it gives nothing.
  virtual std::string Finish() { return ""; }
  // False: only told that there are others, not all of them.
  virtual bool wants_all_events() const { return true; }
  // The run comes with each response; there is one even where Feed gives nothing.
  virtual bool wants_run() const { return false; }
  // Between responses. A write wakes two processes and takes the loops' place on their cores: with
  // ten milliseconds, 200 hosts behind a real sshd cost half as much again. A person does not
  // notice forty.
  virtual absl::Duration interval() const { return absl::Milliseconds(40); }
};

// WATCH_VIEW_SUMMARY: the run alone.
class SummaryEventView final : public EventView {
 public:
  std::string Feed(absl::string_view, bool) override { return ""; }
  bool wants_all_events() const override { return false; }
  bool wants_run() const override { return true; }
  absl::Duration interval() const override { return absl::Milliseconds(500); }
};

}  // namespace muster::service

#endif  // SERVICE_WATCH_EVENT_VIEW_H_
