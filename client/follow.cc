#include "client/follow.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "client/json.h"
#include "client/outcome_text.h"
#include "client/visible_text.h"

namespace muster::client {
namespace {

constexpr absl::Duration kProgressInterval = absl::Milliseconds(100);

// https://no-color.org
bool WantsColour(const OutputWriter& writer) {
  return writer.terminal(1) && FromEnvironment("NO_COLOR").empty() &&
         FromEnvironment("TERM") != "dumb";
}

std::unique_ptr<Printer> MakePrinter(const Options& options, OutputWriter* writer) {
  if (options.json) return NewJsonPrinter(writer);
  if (options.fold) return NewFoldPrinter(writer, WantsColour(*writer));
  return NewLinePrinter(writer, WantsColour(*writer));
}

}  // namespace

Follower::Follower(const Options& options)
    : options_(options), start_(absl::Now()), printer_(MakePrinter(options, &writer_)) {}

void Follower::BeginWith(const std::vector<v1::HostResult>& results) {
  for (const v1::HostResult& result : results) view_.SetResult(result);
}

void Follower::OnMessage(const v1::WatchRunResponse& message) {
  if (message.has_run()) view_.SetRun(message.run());
  if (!begun_) ShowWarnings();
  begun_ = true;
  for (const v1::Event& event : message.events()) {
    view_.Apply(event);
    printer_->OnEvent(event, view_);
  }
  writer_.Flush();
  ShowProgress();
}

void Follower::ShowWarnings() {
  for (const std::string& warning : view_.run().warnings()) {
    std::string* to = writer_.To(2);
    absl::StrAppend(to, "muster: warning: ");
    AppendVisible(warning, to);
    absl::StrAppend(to, "\n");
  }
}

void Follower::ShowProgress() {
  const absl::Time now = absl::Now();
  if (options_.quiet || !writer_.terminal(2) || now - last_progress_ < kProgressInterval) return;
  last_progress_ = now;
  writer_.ShowStatus(absl::StrCat(view_.done(), "/", view_.hosts(), " done, ", view_.busy(),
                                  " running, ", view_.failed(), " failed"));
}

int Follower::Finish(const absl::Status& status, bool interrupted) {
  printer_->OnEnd(view_);
  writer_.ShowStatus("");
  if (begun_ && options_.json) {
    absl::StrAppend(writer_.To(1), "{\"run\":", ToJson(view_.run()), "}\n");
  }
  if (begun_ && !options_.quiet && !options_.json) {
    absl::StrAppend(writer_.To(2), SummaryOf(view_, absl::ToDoubleSeconds(absl::Now() - start_)));
  }
  if (!status.ok()) {
    std::string* to = writer_.To(2);
    absl::StrAppend(to, "muster: ");
    AppendVisibleLines(status.message(), to);
    absl::StrAppend(to, begun_ ? absl::StrCat("; run ", run_id(), " may go on\n") : "\n");
  }
  writer_.Flush();
  if (interrupted) return kInterrupted;
  return status.ok() ? ExitCodeOf(view_) : ExitCodeOf(status, begun_);
}

}  // namespace muster::client
