#include <string>

#include "absl/strings/str_cat.h"
#include "client/outcome_text.h"
#include "client/printer.h"
#include "client/visible_text.h"

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
  void OnEnd(const RunView&) override {}

 private:
  void TellState(const v1::RunStateChanged& changed, const RunView& view);
  void TellBatch(const v1::BatchStarted& batch, const RunView& view);
  void TellProbe(const v1::ProbeFinished& probe, const RunView& view);

  OutputWriter* const writer_;
  bool paused_ = false;
};

void NoticePrinter::TellState(const v1::RunStateChanged& changed, const RunView& view) {
  const bool paused = changed.state() == v1::RUN_STATE_PAUSED;
  const bool resumed = changed.state() == v1::RUN_STATE_RUNNING && paused_;
  paused_ = paused;
  const bool tell = paused || resumed || !changed.message().empty();
  if (!tell) return;
  std::string* to = writer_->To(2);
  absl::StrAppend(to, "muster: ", paused ? "paused" : resumed ? "goes on" : "");
  if (!changed.message().empty()) {
    absl::StrAppend(to, paused || resumed ? ": " : "");
    AppendVisible(changed.message(), to);
  }
  if (paused) {
    absl::StrAppend(to, "\nmuster: to go on: muster resume ", view.run().id(),
                    "; to stop: muster cancel ", view.run().id());
  }
  absl::StrAppend(to, "\n");
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
  absl::StrAppend(to, view.NameOf(probe.host_index()), ": muster: probe ",
                  ShortOutcome(probe.outcome()), "\n");
  if (probe.output().empty()) return;
  std::string output;
  AppendVisibleLines(probe.output(), &output);
  absl::StrAppend(to, output, output.back() == '\n' ? "" : "\n");
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
