// Shows a run's events.
#ifndef CLIENT_OUTPUT_PRINTER_H_
#define CLIENT_OUTPUT_PRINTER_H_

#include <memory>

#include "absl/status/status.h"
#include "client/library/run_view.h"
#include "client/output/output_writer.h"
#include "muster/v1/event.pb.h"
#include "muster/v1/run_service.pb.h"

namespace muster::client {

// Not thread-safe.
class Printer {
 public:
  virtual ~Printer() = default;
  // `view` has seen the event already.
  virtual void OnEvent(const v1::Event& event, const RunView& view) = 0;
  // WATCH_VIEW_FOLDED; `view` has seen it.
  virtual void OnGroup(const v1::OutputGroup&, const RunView&) {}
  // The stream begins anew, and with it the groups.
  virtual void OnGroupsLost() {}
  // After the last event; once.
  virtual void OnEnd(const RunView& view) = 0;
  // Whether all could be written.
  virtual absl::Status status() const { return absl::OkStatus(); }
};

// A value.
struct LineFormat {
  bool colour = false;       // of the host's name
  bool prefix = true;        // the host's name, and which stream
  bool marks_errors = true;  // "[err]" with it
  bool timestamps = false;   // when the daemon saw it, in local time
  bool sorted = false;       // at the end, by the index of the host; until then lines are held
  bool parts = false;        // on a terminal: one line that is not whole is shown at its bottom
};

// `host: line` on standard output and `host [err]: line` on standard error, as they come, each line
// whole. A line that has no end gets one. Lines longer than 16 MiB are shown in pieces. With
// `parts`, what comes after CR takes the place of what was before it, as a terminal has it.
std::unique_ptr<Printer> NewLinePrinter(OutputWriter* writer, const LineFormat& format);

// One object of JSON in each line: a line of output, or another event. json_lines.schema.json
// describes them.
std::unique_ptr<Printer> NewJsonPrinter(OutputWriter* writer);

// What else a person is told of a run, on standard error: batches, failed probes, that it waits and
// how it goes on.
std::unique_ptr<Printer> NewNoticePrinter(OutputWriter* writer);

// Nothing.
std::unique_ptr<Printer> NewSilentPrinter();

// At the end, each output once, under the folded set of the hosts that share it and their outcome;
// the largest set first. Takes groups as well as events.
std::unique_ptr<Printer> NewFoldPrinter(OutputWriter* writer, bool colour);

}  // namespace muster::client

#endif  // CLIENT_OUTPUT_PRINTER_H_
