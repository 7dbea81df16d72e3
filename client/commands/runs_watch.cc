#include "client/commands/runs_watch.h"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/commands/list_request.h"
#include "client/output/run_tables.h"
#include "client/output/terminal_text.h"
#include "client/output/ticker.h"
#include "client/text/columns.h"
#include "client/text/json.h"
#include "client/text/outcome_text.h"
#include "proto/contract/states.h"
#include "proto/contract/visible_text.h"

namespace muster::client {
namespace {

constexpr std::chrono::milliseconds kTick(1000);
constexpr size_t kPipeColumns = 80;
constexpr size_t kOtherRows = 2;  // the table's heading, and where the cursor stays

// What is shown of the runs. Not thread-safe.
class RunsDisplay {
 public:
  virtual ~RunsDisplay() = default;
  virtual absl::Status Show(const v1::WatchRunsResponse& changes) = 0;
  // The connection broke.
  virtual void OnLost(const absl::Status& status) = 0;
};

void TellLost(const absl::Status& status, const char* and_so, OutputWriter* writer) {
  absl::StrAppend(writer->To(2), "muster: lost musterd (", Visible(status.message()),
                  "); trying to go on", and_so, "\n");
  writer->Flush();
}

// The table of muster runs, in place on a terminal. A change is the moment to ask for it anew.
class RunsScreen final : public RunsDisplay {
 public:
  RunsScreen(v1::ListRunsRequest request, MusterClient* client, OutputWriter* writer)
      : request_(std::move(request)),
        client_(client),
        writer_(writer),
        ticker_(std::make_unique<Ticker>(kTick, [this] { OnTick(); })) {}
  ~RunsScreen() override { ticker_.reset(); }

  absl::Status Show(const v1::WatchRunsResponse&) override {
    absl::StatusOr<v1::ListRunsResponse> response = client_->ListRuns(request_);
    if (!response.ok()) return response.status();
    const std::lock_guard<std::mutex> lock(mutex_);
    runs_ = {response->runs().begin(), response->runs().end()};
    shown_ = true;
    Draw();
    return absl::OkStatus();
  }

  void OnLost(const absl::Status& status) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    TellLost(status, "", writer_);
    rows_ = 0;  // the table is drawn below that
  }

 private:
  // How long those under way have taken.
  void OnTick() {
    const std::lock_guard<std::mutex> lock(mutex_);
    const bool under_way = std::any_of(runs_.begin(), runs_.end(),
                                       [](const v1::Run& run) { return !IsTerminal(run.state()); });
    if (shown_ && under_way) Draw();
  }

  void Draw() {
    const size_t room = std::max(TerminalRows(1), kOtherRows + 1) - kOtherRows;
    std::vector<v1::Run> runs = runs_;
    if (runs.size() > room) runs.resize(room);
    const std::string table =
        RunsTable(runs, TerminalColumns(1), absl::Now(), absl::LocalTimeZone());
    std::string* const to = writer_->To(1);
    // Up to the table's beginning, and erase from there (ECMA-48, CUU and ED).
    if (rows_ > 0) absl::StrAppend(to, "\x1b[", rows_, "A\r\x1b[J");
    to->append(table);
    rows_ = static_cast<size_t>(std::count(table.begin(), table.end(), '\n'));
    writer_->Flush();
  }

  const v1::ListRunsRequest request_;
  MusterClient* const client_;
  OutputWriter* const writer_;
  std::mutex mutex_;  // guards all that follows, and the writer
  std::vector<v1::Run> runs_;
  bool shown_ = false;
  size_t rows_ = 0;                 // that are drawn
  std::unique_ptr<Ticker> ticker_;  // guarded by nothing. The last: it uses all
};

// One line for each change.
class RunsLines final : public RunsDisplay {
 public:
  RunsLines(const Options& options, const v1::ListRunsRequest& request, MusterClient* client,
            OutputWriter* writer)
      : json_(options.json),
        states_(request.states().begin(), request.states().end()),
        client_(client),
        writer_(writer) {}

  absl::Status Show(const v1::WatchRunsResponse& changes) override {
    std::map<std::string, v1::RunSpec> lost = std::exchange(lost_, {});
    for (const v1::Run& run : changes.runs()) {
      lost.erase(run.id());
      const absl::Status status = ShowRun(run);
      if (!status.ok()) return status;
    }
    for (const auto& known : lost) {
      const absl::StatusOr<v1::Run> run = client_->GetRun(known.first);
      if (absl::IsNotFound(run.status())) continue;  // it has been forgotten
      if (!run.ok()) return run.status();
      const absl::Status status = ShowRun(*run);
      if (!status.ok()) return status;
    }
    writer_->Flush();
    return absl::OkStatus();
  }

  void OnLost(const absl::Status& status) override {
    TellLost(status, "; runs that are made and end meanwhile are not shown", writer_);
    lost_.insert(under_way_.begin(), under_way_.end());
  }

 private:
  absl::Status ShowRun(v1::Run run) {
    const absl::Status known = json_ ? absl::OkStatus() : FillSpec(&run);
    if (!known.ok()) return known;
    if (IsTerminal(run.state())) {
      under_way_.erase(run.id());
    } else {
      under_way_[run.id()] = run.spec();
    }
    if (!states_.empty() && std::count(states_.begin(), states_.end(), run.state()) == 0) {
      return absl::OkStatus();
    }
    const std::string line =
        json_ ? ToJson(run) + "\n" : RunLine(run, kPipeColumns, absl::Now(), absl::LocalTimeZone());
    writer_->To(1)->append(line);
    return absl::OkStatus();
  }

  // With the command, which the stream leaves out: once for each run.
  absl::Status FillSpec(v1::Run* run) {
    const auto known = under_way_.find(run->id());
    if (known != under_way_.end()) {
      *run->mutable_spec() = known->second;
      return absl::OkStatus();
    }
    absl::StatusOr<v1::Run> whole = client_->GetRun(run->id());
    if (whole.ok()) *run->mutable_spec() = *std::move(whole->mutable_spec());
    return absl::IsNotFound(whole.status()) ? absl::OkStatus() : whole.status();
  }

  const bool json_;
  const std::vector<int> states_;
  MusterClient* const client_;
  OutputWriter* const writer_;
  std::map<std::string, v1::RunSpec> under_way_;  // as far as it was told
  std::map<std::string, v1::RunSpec> lost_;       // what was when the connection broke
};

bool HasScreen(const Options& options, const OutputWriter& output) {
  const char* const terminal = getenv("TERM");
  const bool dumb = terminal == nullptr || std::string(terminal) == "dumb";
  return !options.json && output.terminal(1) && !dumb;
}

}  // namespace

int WatchRunsCommand(const Options& options, Interrupts* interrupts, MusterClient* client,
                     OutputWriter* output) {
  const absl::StatusOr<v1::ListRunsRequest> list =
      MakeListRequest(options, absl::Now(), absl::LocalTimeZone());
  if (!list.ok()) return Complain(list.status());
  v1::WatchRunsRequest request;
  *request.mutable_labels() = list->labels();
  request.set_creator(list->creator());
  interrupts->Handle([interrupts] {
    const int code = interrupts->exit_code();
    _exit(code == kInterrupted ? kSuccess : code);
  });
  std::unique_ptr<RunsDisplay> display;
  if (HasScreen(options, *output)) {
    display = std::make_unique<RunsScreen>(*list, client, output);
  } else {
    display = std::make_unique<RunsLines>(options, *list, client, output);
  }
  absl::Status shown;
  const auto on_message = [&](const v1::WatchRunsResponse& changes) {
    shown = display->Show(changes);
    return shown.ok() && output->status().ok();
  };
  const absl::Status status = client->WatchRuns(
      request, {on_message, [&](const absl::Status& lost) { display->OnLost(lost); }});
  display.reset();
  if (!status.ok() || !shown.ok()) return Complain(status.ok() ? shown : status);
  return EndOutput(output, kSuccess, "");
}

}  // namespace muster::client
