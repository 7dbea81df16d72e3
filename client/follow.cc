#include "client/follow.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "client/json.h"
#include "client/outcome_text.h"
#include "client/output_files.h"
#include "client/ssh_config.h"
#include "client/ssh_config_hint.h"
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
  if (options.summary) return NewSilentPrinter();
  if (options.fold) return NewFoldPrinter(writer, WantsColour(*writer));
  return NewLinePrinter(writer, WantsColour(*writer));
}

// Of the caller's own daemon: another one is not where the caller's ssh is.
bool LogsInAsSshDoes(const Options& options) {
  const bool starts =
      options.subcommand == Subcommand::kRun || options.subcommand == Subcommand::kRerun;
  const bool own = options.server.empty() || absl::StartsWith(options.server, "unix:");
  return starts && own && options.credential.empty();
}

// Null where there is no such configuration.
std::unique_ptr<Printer> MakeSshConfigHint(const Options& options, OutputWriter* writer) {
  SshConfig config;
  config.Read(FromEnvironment("HOME") + "/.ssh/config");
  config.Read("/etc/ssh/ssh_config");
  if (config.empty()) return nullptr;
  return NewSshConfigHint(writer, std::move(config),
                          {!options.user.empty(), options.port != 0, !options.jump_hosts.empty(),
                           !options.identity_files.empty()});
}

}  // namespace

Follower::Follower(const Options& options) : options_(options), start_(absl::Now()) {}

absl::StatusOr<std::unique_ptr<Follower>> Follower::Create(const Options& options) {
  std::unique_ptr<Follower> follower(new Follower(options));
  std::vector<std::unique_ptr<Printer>>& printers = follower->printers_;
  if (!options.output_dir.empty()) {
    absl::StatusOr<std::unique_ptr<OutputFiles>> files = OutputFiles::Open(options.output_dir);
    if (!files.ok()) return files.status();
    printers.push_back(*std::move(files));
  }
  if (!options.junit.empty()) {
    auto junit = std::make_unique<JunitReport>(options.junit);
    follower->junit_ = junit.get();
    printers.push_back(std::move(junit));
  }
  if (!options.json) printers.push_back(NewNoticePrinter(&follower->writer_));
  if (LogsInAsSshDoes(options)) {
    std::unique_ptr<Printer> hint = MakeSshConfigHint(options, &follower->writer_);
    if (hint != nullptr) printers.push_back(std::move(hint));
  }
  printers.push_back(MakePrinter(options, &follower->writer_));
  return follower;
}

void Follower::BeginWith(const std::vector<v1::HostResult>& results) {
  for (const v1::HostResult& result : results) view_.SetResult(result);
}

void Follower::OnMessage(const v1::WatchRunResponse& message) {
  if (message.has_run()) view_.SetRun(message.run());
  if (!begun_) ShowWarnings();
  begun_ = true;
  lost_ = false;
  for (const v1::Event& event : message.events()) Show(event);
  for (const v1::OutputGroup& group : message.groups()) {
    view_.Apply(group, OutcomeOf(group));
    for (const auto& printer : printers_) printer->OnGroup(group, view_);
  }
  writer_.Flush();
  ShowProgress();
}

void Follower::Show(const v1::Event& event) {
  view_.Apply(event);
  for (const auto& printer : printers_) printer->OnEvent(event, view_);
}

void Follower::OnLost(const absl::Status& status) {
  for (const auto& printer : printers_) printer->OnGroupsLost();
  if (lost_) return;
  lost_ = true;
  std::string* to = writer_.To(2);
  absl::StrAppend(to, "muster: lost musterd (");
  AppendVisible(status.message(), to);
  absl::StrAppend(to, "); trying to go on\n");
  writer_.Flush();
}

void Follower::Abandon() { EndFiles(absl::OkStatus()); }

void Follower::EndFiles(const absl::Status& status) {
  if (junit_ != nullptr && !begun_) junit_->WriteError(status);
  for (const auto& printer : printers_) printer->OnEnd(view_);
}

void Follower::ShowWarnings() {
  for (const std::string& warning : view_.run().warnings()) {
    if (!shown_warnings_.insert(warning).second) continue;
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
  EndFiles(status);
  writer_.ShowStatus("");
  if (begun_ && status.ok()) ShowWarnings();  // those that came while it ran
  if (begun_ && options_.json) {
    absl::StrAppend(writer_.To(1), "{\"run\":", ToJson(view_.run()), "}\n");
  }
  if (begun_ && !options_.quiet && !options_.json) {
    absl::StrAppend(writer_.To(2), SummaryOf(view_, absl::ToDoubleSeconds(absl::Now() - start_)));
  }
  absl::Status written;
  for (const auto& printer : printers_) {
    Complain(printer->status(), "\n");
    written.Update(printer->status());
  }
  Complain(status, begun_ ? absl::StrCat("; run ", run_id(), " may go on\n") : "\n");
  writer_.Flush();
  if (interrupted) return kInterrupted;
  if (options_.command_code && status.ok() && LargestCommandCode(view_) > 0) {
    return LargestCommandCode(view_);
  }
  const int code = status.ok() ? ExitCodeOf(view_) : ExitCodeOf(status, begun_);
  return code == kSuccess && !written.ok() ? kFilesIncomplete : code;
}

void Follower::Complain(const absl::Status& status, const std::string& end) {
  if (status.ok()) return;
  std::string* to = writer_.To(2);
  absl::StrAppend(to, "muster: ");
  AppendVisibleLines(status.message(), to);
  absl::StrAppend(to, end);
}

}  // namespace muster::client
