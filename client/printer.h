// Shows a run's events.
#ifndef CLIENT_PRINTER_H_
#define CLIENT_PRINTER_H_

#include <memory>

#include "client/output_writer.h"
#include "client/run_view.h"
#include "muster/v1/event.pb.h"

namespace muster::client {

// Not thread-safe.
class Printer {
 public:
  virtual ~Printer() = default;
  // `view` has seen the event already.
  virtual void OnEvent(const v1::Event& event, const RunView& view) = 0;
  // After the last event.
  virtual void OnEnd(const RunView& view) = 0;
};

// `host: line` on standard output and `host [err]: line` on standard error, as they come, each line
// whole. A line that has no end gets one. The host's name has a colour where `colour` is set. Lines
// longer than 16 MiB are shown in pieces.
std::unique_ptr<Printer> NewLinePrinter(OutputWriter* writer, bool colour);

// One event in each line, in protobuf's JSON; `data` is base64.
std::unique_ptr<Printer> NewJsonPrinter(OutputWriter* writer);

// At the end, each output once, under the folded set of the hosts that share it and their outcome;
// the largest set first.
std::unique_ptr<Printer> NewFoldPrinter(OutputWriter* writer, bool colour);

}  // namespace muster::client

#endif  // CLIENT_PRINTER_H_
