#include "client/output/follow.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/options/field_names.h"
#include "client/output/foreign_printers.h"
#include "client/output/output_files.h"
#include "client/output/progress.h"
#include "client/output/terminal_text.h"
#include "client/output/whole_file.h"
#include "client/text/columns.h"
#include "client/text/json.h"
#include "client/text/outcome_text.h"
#include "proto/contract/states.h"
#include "proto/contract/visible_text.h"

namespace muster::client {
namespace {

constexpr absl::Duration kLineInterval = absl::Milliseconds(100);
constexpr absl::Duration kLogInterval = absl::Seconds(30);
constexpr std::chrono::milliseconds kTick(500);

bool IsDumb() { return FromEnvironment("TERM") == "dumb"; }

// https://no-color.org
bool WantsColour(const Options& options, const OutputWriter& writer) {
  if (options.colour != "auto") return options.colour == "always";
  return writer.terminal(1) && FromEnvironment("NO_COLOR").empty() && !IsDumb();
}

bool IsForeign(const Options& options) {
  return options.look.program != ForeignLook::Program::kMuster;
}

LineFormat FormatOf(const Options& options, const OutputWriter& writer) {
  LineFormat format;
  format.colour = WantsColour(options, writer);
  format.prefix = !options.no_prefix;
  format.marks_errors = !IsForeign(options);
  format.timestamps = options.timestamps;
  format.sorted = options.sort;
  format.parts = options.partial && !IsDumb();
  return format;
}

std::unique_ptr<Printer> MakePrinter(const Options& options, OutputWriter* writer) {
  if (options.json) return NewJsonPrinter(writer);
  if (options.look.gather) {
    return NewGatherPrinter(writer, options.look, FormatOf(options, *writer));
  }
  if (options.summary) return NewSilentPrinter();
  if (options.fold) return NewFoldPrinter(writer, WantsColour(options, *writer));
  return NewLinePrinter(writer, FormatOf(options, *writer));
}

}  // namespace

Follower::Follower(const Options& options, OutputWriter* output, RunMemory* memory)
    : options_(options),
      start_(absl::Now()),
      writer_(output),
      memory_(memory == nullptr ? &own_memory_ : memory) {
  ChooseProgress();
}

absl::StatusOr<std::unique_ptr<Follower>> Follower::Create(const Options& options,
                                                           OutputWriter* output,
                                                           RunMemory* memory) {
  std::unique_ptr<Follower> follower(new Follower(options, output, memory));
  std::vector<std::unique_ptr<Printer>>& printers = follower->printers_;
  if (!options.output_dir.empty()) {
    absl::StatusOr<std::unique_ptr<OutputFiles>> files = OutputFiles::Open(options.output_dir);
    if (!files.ok()) return files.status();
    printers.push_back(*std::move(files));
  }
  if (!options.junit.empty()) {
    const absl::Status writable = CheckWritable(options.junit);
    if (!writable.ok()) {
      return absl::Status(writable.code(), absl::StrCat("--junit: ", writable.message()));
    }
    auto junit = std::make_unique<JunitReport>(options.junit);
    follower->junit_ = junit.get();
    printers.push_back(std::move(junit));
  }
  if (!options.json) printers.push_back(NewNoticePrinter(output));
  printers.push_back(MakePrinter(options, output));
  if (IsForeign(options)) {
    printers.push_back(NewForeignFailures(output, options.look, options.command_code));
  }
  return follower;
}

void Follower::BeginWith(const std::vector<v1::HostResult>& results) {
  const std::lock_guard<std::timed_mutex> lock(mutex_);
  for (const v1::HostResult& result : results) view_.SetResult(result);
}

void Follower::OnMessage(const v1::WatchRunResponse& message) {
  {
    const std::lock_guard<std::timed_mutex> lock(mutex_);
    Take(message);
  }
  if (ticker_ == nullptr) StartProgress();
}

void Follower::Take(const v1::WatchRunResponse& message) {
  if (message.has_run() && options_.summary) view_.SetSummary(message.run());
  if (message.has_run() && !options_.summary) view_.SetRun(message.run());
  if (!begun_) ShowWarnings();
  begun_ = true;
  lost_ = false;
  for (const v1::Event& event : message.events()) Show(event);
  for (const v1::OutputGroup& group : message.groups()) {
    view_.Apply(group);
    for (const auto& printer : printers_) printer->OnGroup(group, view_);
  }
  writer_->Flush();
  // Who reads nothing any more has stopped the run with it; a full disk is no reason to.
  if (!writer_->closed()) {
    const bool ended = IsTerminal(view_.state());
    TellUnwritten(ended ? "had ended" : "goes on without it");
  }
  ShowLine(absl::Now());
}

void Follower::TellUnwritten(const std::string& what_becomes) {
  if (!writer_->TakeFailure() || what_becomes.empty()) return;
  const std::string id = Visible(run_id());
  absl::StrAppend(writer_->To(2), "muster: ", writer_->status().message(), "; run ", id, " ",
                  what_becomes, "; muster watch ", id, " shows it\n");
  writer_->Flush();
}

void Follower::Show(const v1::Event& event) {
  view_.Apply(event);
  for (const auto& printer : printers_) printer->OnEvent(event, view_);
}

void Follower::OnLost(const absl::Status& status) {
  const std::lock_guard<std::timed_mutex> lock(mutex_);
  for (const auto& printer : printers_) printer->OnGroupsLost();
  if (lost_) return;
  lost_ = true;
  absl::StrAppend(writer_->To(2), "muster: lost musterd (", Visible(status.message()),
                  "); trying to go on\n");
  writer_->Flush();
}

void Follower::Abandon(const std::string& what_becomes) {
  ticker_.reset();
  EndFiles(absl::OkStatus());
  TellUnwritten(what_becomes);
}

void Follower::EndFiles(const absl::Status& status) {
  if (junit_ != nullptr && !begun_) junit_->WriteError(status);
  for (const auto& printer : printers_) printer->OnEnd(view_);
}

void Follower::ShowWarnings() {
  for (const std::string& warning : view_.run().warnings()) {
    if (!memory_->shown_warnings.insert(warning).second) continue;
    absl::StrAppend(writer_->To(2), "muster: warning: ", Visible(InOptions(warning)), "\n");
  }
}

// --- Progress

void Follower::ChooseProgress() {
  if (options_.quiet || options_.progress == "never") return;
  const bool line = options_.progress == "auto" && writer_->terminal(2) && !IsDumb();
  progress_ = line ? Progress::kLine : Progress::kLog;
  log_interval_ = kLogInterval;
  absl::ParseDuration(options_.progress, &log_interval_);
}

// For a run that was under way before, from its own beginning, as far as clocks agree.
void Follower::StartProgress() {
  const std::lock_guard<std::timed_mutex> lock(mutex_);
  if (view_.run().has_create_time()) start_ = std::min(start_, CreateTimeOf(view_.run()));
  last_progress_ = absl::Now();
  if (!options_.quiet) {
    ticker_ = std::make_unique<Ticker>(kTick, [this] { OnTick(); });
  }
}

absl::Duration Follower::Elapsed(absl::Time now) const { return now - start_; }

void Follower::OnTick() {
  const std::lock_guard<std::timed_mutex> lock(mutex_);
  const absl::Time now = absl::Now();
  if (!id_told_ && Elapsed(now) >= kNameAfter && !options_.json) {
    absl::StrAppend(writer_->To(2), "muster: this is run ", Visible(run_id()), "\n");
    writer_->Flush();
    id_told_ = true;
  }
  ShowLine(now);
  if (progress_ != Progress::kLog || now - last_progress_ < log_interval_) return;
  last_progress_ = now;
  absl::StrAppend(writer_->To(2), "muster: ", ProgressText(view_, Elapsed(now)), "\n");
  writer_->Flush();
}

void Follower::ShowLine(absl::Time now) {
  if (progress_ != Progress::kLine || now - last_progress_ < kLineInterval) return;
  last_progress_ = now;
  // In the last column some terminals go to the next line.
  const size_t columns = std::max<size_t>(TerminalColumns(2), 2) - 1;
  writer_->ShowStatus(CutToColumns(ProgressText(view_, Elapsed(now)), columns));
}

std::string Follower::HostsUnderWay() {
  const std::unique_lock<std::timed_mutex> lock(mutex_, std::chrono::milliseconds(200));
  // Whoever has it may wait for who reads our output.
  return lock.owns_lock() ? BusyHosts(view_) : "";
}

// --- The end

// Whether hosts were left out that the summary counts.
bool Follower::ShowsPart() const {
  return options_.subcommand == Subcommand::kWatch &&
         !(options_.hosts.empty() && options_.states.empty());
}

void Follower::ShowEnd() {
  if (!begun_) return;
  if (options_.json) {
    absl::StrAppend(writer_->To(1), "{\"run\":", ToJson(view_.run()), "}\n");
  } else if (!options_.quiet) {
    const size_t columns = writer_->terminal(2) ? TerminalColumns(2) : 0;
    if (ShowsPart()) absl::StrAppend(writer_->To(2), "the whole run, also hosts not shown: ");
    absl::StrAppend(writer_->To(2), SummaryOf(view_, Elapsed(absl::Now()), columns));
  }
}

int Follower::Finish(const absl::Status& status, int signal_code) {
  ticker_.reset();
  EndFiles(status);
  writer_->ShowStatus("");
  if (begun_ && status.ok()) ShowWarnings();  // those that came while it ran
  ShowEnd();
  absl::Status written;
  for (const auto& printer : printers_) {
    Complain(printer->status(), "");
    written.Update(printer->status());
  }
  Complain(status, begun_ ? absl::StrCat("; run ", Visible(run_id()), " may go on") : "");
  writer_->Flush();
  TellUnwritten("was shown in part");
  memory_->last = view_;
  if (signal_code != 0) return signal_code;
  if (options_.command_code && status.ok() && LargestCommandCode(view_) > 0) {
    return LargestCommandCode(view_);
  }
  const bool well = status.ok() && IsForeign(options_);  // without -S theirs do not tell
  const int code = well ? kSuccess : status.ok() ? ExitCodeOf(view_) : ExitCodeOf(status, begun_);
  return code == kSuccess && !written.ok() ? kFilesIncomplete : code;
}

void Follower::Complain(const absl::Status& status, const std::string& end) {
  if (status.ok()) return;
  const size_t columns = writer_->terminal(2) ? TerminalColumns(2) : 0;
  writer_->To(2)->append(MessageText(absl::StrCat(InOptions(status.message()), end), columns));
}

}  // namespace muster::client
