#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/output/printer.h"
#include "client/text/outcome_text.h"
#include "proto/contract/visible_text.h"

namespace muster::client {
namespace {

class NoticePrinter final : public Printer {
 public:
  explicit NoticePrinter(OutputWriter* writer) : writer_(writer) {}

  void OnEvent(const v1::Event& event, const RunView& view) override {
    if (event.has_run_state()) TellState(event.run_state(), view);
    if (event.has_batch_started()) TellBatch(event.batch_started(), view);
    if (event.has_probe_finished()) TellProbe(event.probe_finished(), view);
  }
  void OnEnd(const RunView& view) override;

 private:
  void TellState(const v1::RunStateChanged& changed, const RunView& view);
  void TellBatch(const v1::BatchStarted& batch, const RunView& view);
  void TellProbe(const v1::ProbeFinished& probe, const RunView& view);

  OutputWriter* const writer_;
  bool paused_ = false;
  std::string told_;  // the last message
};

void NoticePrinter::TellState(const v1::RunStateChanged& changed, const RunView& view) {
  const bool paused = changed.state() == v1::RUN_STATE_PAUSED;
  const bool resumed = changed.state() == v1::RUN_STATE_RUNNING && paused_;
  paused_ = paused;
  // What was said when the run began to stop is its message at its end, too.
  const std::string message = changed.message() == told_ ? "" : Visible(changed.message());
  told_ = changed.message();
  if (!paused && !resumed && message.empty()) return;
  const char* const what = paused ? "paused" : resumed ? "goes on" : "";
  std::string* to = writer_->To(2);
  absl::StrAppend(to, "muster: ", what, *what != 0 && !message.empty() ? ": " : "", message, "\n");
  if (!paused) return;
  const std::string id = Visible(view.run().id());
  absl::StrAppend(to, "muster: to go on: muster resume ", id, "; to stop: muster cancel ", id,
                  "\n");
}

// Where the events did not tell it.
void NoticePrinter::OnEnd(const RunView& view) {
  const std::string& message = view.run().message();
  if (message.empty() || message == told_) return;
  told_ = message;
  absl::StrAppend(writer_->To(2), "muster: ", Visible(message), "\n");
}

void NoticePrinter::TellBatch(const v1::BatchStarted& batch, const RunView& view) {
  const uint32_t count = view.run().batch_count();
  absl::StrAppend(writer_->To(2), "muster: batch ", batch.batch(),
                  count > 0 ? absl::StrCat(" of ", count) : "", ": ", batch.hosts(),
                  batch.hosts() == 1 ? " host\n" : " hosts\n");
}

void NoticePrinter::TellProbe(const v1::ProbeFinished& probe, const RunView& view) {
  if (probe.outcome().state() == v1::HOST_STATE_SUCCEEDED) return;
  std::string* to = writer_->To(2);
  absl::StrAppend(to, view.LabelOf(probe.host_index()), ": muster: probe ",
                  ShortOutcome(probe.outcome()), "\n");
  if (probe.output().empty()) return;
  std::string output;
  AppendVisibleLines(probe.output(), &output);
  if (output.back() == '\n') output.pop_back();
  // Set in: no line of a host passes for one of ours.
  absl::StrAppend(to, "    ", absl::StrReplaceAll(output, {{"\n", "\n    "}}), "\n");
}

class SilentPrinter final : public Printer {
 public:
  void OnEvent(const v1::Event&, const RunView&) override {}
  void OnEnd(const RunView&) override {}
};

}  // namespace

std::unique_ptr<Printer> NewNoticePrinter(OutputWriter* writer) {
  return std::make_unique<NoticePrinter>(writer);
}

std::unique_ptr<Printer> NewSilentPrinter() { return std::make_unique<SilentPrinter>(); }

}  // namespace muster::client
