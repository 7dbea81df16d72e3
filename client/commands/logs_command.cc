#include "client/commands/logs_command.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/library/host_results.h"
#include "client/library/run_view.h"
#include "client/options/utf8_check.h"
#include "client/output/log_tail.h"
#include "client/output/printer.h"
#include "client/output/terminal_text.h"
#include "client/text/outcome_text.h"
#include "proto/contract/states.h"
#include "proto/contract/visible_text.h"

namespace muster::client {
namespace {

constexpr int kMatchedNothing = 1;  // as grep says it
constexpr uint32_t kPage = 1000;    // events

// Shows output as it is asked for.
class LogOutput {
 public:
  virtual ~LogOutput() = default;
  virtual void Show(const v1::Event& event) = 0;
  virtual void End() {}
};

// One host's bytes.
class RawOutput final : public LogOutput {
 public:
  explicit RawOutput(OutputWriter* writer) : writer_(writer) {}

  void Show(const v1::Event& event) override {
    if (!event.has_output()) return;
    const int fd = event.output().stream() == v1::OUTPUT_STREAM_STDERR ? 2 : 1;
    // A terminal is not to obey a host.
    if (writer_->terminal(fd)) {
      AppendVisibleLines(event.output().data(), writer_->To(fd));
    } else {
      writer_->To(fd)->append(event.output().data());
    }
  }

 private:
  OutputWriter* const writer_;
};

// Lines with their host.
class LineOutput final : public LogOutput {
 public:
  LineOutput(const std::vector<v1::HostResult>& results, OutputWriter* writer)
      : printer_(NewLinePrinter(writer, {})) {
    for (const v1::HostResult& result : results) view_.SetResult(result);
  }

  void Show(const v1::Event& event) override { printer_->OnEvent(event, view_); }
  void End() override { printer_->OnEnd(view_); }

 private:
  RunView view_;
  const std::unique_ptr<Printer> printer_;
};

// What is shown of one run.
class LogsCall {
 public:
  LogsCall(const Options& options, MusterClient* client, OutputWriter* writer)
      : options_(options), client_(client), writer_(writer) {}

  // Who its hosts are, and which are meant.
  absl::Status Begin();
  // From the beginning.
  absl::Status ShowAll() { return Watch(0); }
  // From the end, backwards.
  absl::Status ShowTail();
  void End() { output_->End(); }

  bool from_end() const { return options_.tail != kAllLines || !options_.grep.empty(); }
  bool found() const { return found_; }

 private:
  absl::StatusOr<v1::ListEventsRequest> MakeRequest() const;
  absl::Status Gather(v1::ListEventsRequest request, LogTail* tail);
  // What comes after the event `after`, until the end that is wanted.
  absl::Status Watch(uint64_t after);
  // Whether there is more to come.
  bool Take(const v1::WatchRunResponse& message);
  // Of one host it is its own, of several the run's.
  bool IsEnd(const v1::Event& event) const {
    return indexes_.size() == 1 && event.has_host_finished() &&
           event.host_finished().host_index() == indexes_.front();
  }

  const Options& options_;
  MusterClient* const client_;
  OutputWriter* const writer_;
  std::unique_ptr<LogOutput> output_;
  std::vector<uint32_t> indexes_;  // empty: all hosts
  size_t hosts_ = 0;
  uint64_t newest_ = 0;  // event
  bool ended_ = false;   // nothing comes any more
  bool found_ = false;   // --grep
};

absl::Status LogsCall::Begin() {
  const absl::StatusOr<v1::Run> run = client_->GetRun(options_.run_id);
  if (!run.ok()) return run.status();
  newest_ = run->last_sequence();
  const absl::StatusOr<std::vector<v1::HostResult>> results = AllResults(client_, options_.run_id);
  if (!results.ok()) return results.status();
  const absl::StatusOr<std::vector<uint32_t>> hosts = IndexesOf(options_.hosts, *results);
  if (!hosts.ok()) return hosts.status();
  indexes_ = *hosts;
  hosts_ = indexes_.empty() ? results->size() : indexes_.size();
  ended_ = IsTerminal(run->state());
  if (indexes_.size() == 1) {
    output_ = std::make_unique<RawOutput>(writer_);
  } else {
    output_ = std::make_unique<LineOutput>(*results, writer_);
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::ListEventsRequest> LogsCall::MakeRequest() const {
  v1::ListEventsRequest request;
  request.set_run_id(options_.run_id);
  request.set_page_size(kPage);
  request.mutable_host_indexes()->Add(indexes_.begin(), indexes_.end());
  request.set_pattern(options_.grep);
  request.set_pattern_is_regex(options_.regex);
  const absl::Status text = CheckUtf8(request);
  if (!text.ok()) return text;
  return request;
}

absl::Status LogsCall::Gather(v1::ListEventsRequest request, LogTail* tail) {
  do {
    absl::StatusOr<v1::ListEventsResponse> page = client_->ListEvents(request);
    if (!page.ok()) return page.status();
    for (v1::Event& event : *page->mutable_events()) {
      newest_ = std::max(newest_, event.sequence());
      ended_ = ended_ || IsEnd(event);
      found_ = found_ || event.has_output();
      tail->Take(std::move(event));
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty() && !tail->full());
  return absl::OkStatus();
}

absl::Status LogsCall::ShowTail() {
  const absl::StatusOr<v1::ListEventsRequest> request = MakeRequest();
  if (!request.ok()) return request.status();
  LogTail tail(options_.tail, hosts_, /*pieces=*/!options_.grep.empty());
  absl::Status status;
  if (options_.tail > 0) status = Gather(*request, &tail);
  for (const v1::Event& event : tail.TakeOut()) output_->Show(event);
  writer_->Flush();
  if (!status.ok() || !options_.follow || ended_) return status;
  return Watch(newest_);
}

absl::Status LogsCall::Watch(uint64_t after) {
  v1::WatchRunRequest request;
  request.set_run_id(options_.run_id);
  request.set_after_sequence(after);
  request.mutable_host_indexes()->Add(indexes_.begin(), indexes_.end());
  return client_->WatchRun(
      request, {[this](const v1::WatchRunResponse& message) { return Take(message); }, {}});
}

bool LogsCall::Take(const v1::WatchRunResponse& message) {
  const uint64_t until = options_.follow ? 0 : newest_;
  for (const v1::Event& event : message.events()) {
    if (until > 0 && event.sequence() > until) return false;
    output_->Show(event);
    if (IsEnd(event)) return false;
  }
  writer_->Flush();
  const bool past = until > 0 && message.last_sequence() >= until;
  return !past && writer_->status().ok();
}

// Of a run or a request that is refused nothing is missing.
int CodeOf(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsNotFound(status) ? kUsage
                                                                     : ExitCodeOf(status, true);
}

}  // namespace

int LogsCommand(const Options& options, MusterClient* client, OutputWriter* output) {
  LogsCall call(options, client, output);
  const absl::Status begun = call.Begin();
  if (!begun.ok()) return Complain(begun);
  const absl::Status status = call.from_end() ? call.ShowTail() : call.ShowAll();
  call.End();
  if (status.ok()) {
    const bool nothing = !options.grep.empty() && !call.found();
    return EndOutput(output, nothing ? kMatchedNothing : kSuccess,
                     "the log is not shown to its end");
  }
  output->Flush();
  Complain(status);
  return CodeOf(status);
}

}  // namespace muster::client
