#include "client/run_tables.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/nodeset/node_set.h"
#include "client/outcome_text.h"
#include "client/state_names.h"
#include "client/visible_text.h"

namespace muster::client {
namespace {

constexpr size_t kCommandWidth = 60;

absl::Time TimeOf(const google::protobuf::Timestamp& stamp) {
  return absl::FromUnixSeconds(stamp.seconds()) + absl::Nanoseconds(stamp.nanos());
}

std::string DurationText(absl::Duration duration) {
  const double seconds = absl::ToDoubleSeconds(duration);
  if (seconds < 100) return absl::StrFormat("%.1f s", std::max(seconds, 0.0));
  const int64_t whole = absl::ToInt64Seconds(duration);
  if (whole < 3600) return absl::StrFormat("%d:%02d min", whole / 60, whole % 60);
  return absl::StrFormat("%d:%02d h", whole / 3600, whole / 60 % 60);
}

std::string LengthOf(const v1::Run& run, absl::Time now) {
  const absl::Time end = run.has_end_time() ? TimeOf(run.end_time()) : now;
  return DurationText(end - TimeOf(run.create_time()));
}

std::string CommandText(const v1::Run& run) {
  const v1::Command& command = run.spec().command();
  const std::string text =
      command.has_argv() ? absl::StrJoin(command.argv().arguments(), " ") : command.shell();
  std::string shown;
  AppendVisible(text, &shown);
  return shown;
}

// Never within a character.
std::string Shorten(const std::string& text, size_t bytes) {
  if (text.size() <= bytes) return text;
  size_t end = bytes - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

size_t CountOf(const v1::Run& run, v1::HostState state) {
  for (const v1::HostStateCount& count : run.host_state_counts()) {
    if (count.state() == state) return count.hosts();
  }
  return 0;
}

void AppendWay(const v1::Run& run, std::string* text) {
  if (run.spec().login().jump_hosts().empty()) return;
  absl::StrAppend(text, "jump     ");
  AppendVisible(absl::StrJoin(run.spec().login().jump_hosts(), ","), text);
  absl::StrAppend(text, "\n");
}

void AppendRollout(const v1::Run& run, std::string* text) {
  if (run.batch_count() > 1) {
    absl::StrAppend(text, "batch    ", run.batch(), " of ", run.batch_count(), " (",
                    absl::StrJoin(run.spec().rollout().batches(), ","), ")\n");
  }
  if (run.state() == v1::RUN_STATE_PAUSED) {
    absl::StrAppend(text, "next     muster resume ", run.id(), ", or muster cancel ", run.id(),
                    "\n");
  }
  if (!run.rerun_of().empty()) absl::StrAppend(text, "rerun    of ", run.rerun_of(), "\n");
  std::string labels;
  const std::map<std::string, std::string> sorted(run.spec().labels().begin(),
                                                  run.spec().labels().end());
  for (const auto& label : sorted) {
    AppendVisible(absl::StrCat(labels.empty() ? "" : ", ", label.first, "=", label.second),
                  &labels);
  }
  if (!labels.empty()) absl::StrAppend(text, "labels   ", labels, "\n");
}

// What hosts have in common that are shown together.
std::string GroupOf(const v1::HostResult& result) {
  std::string group = result.state() >= v1::HOST_STATE_SUCCEEDED ? ShortOutcome(result.outcome())
                                                                 : StateName(result.state());
  if (result.has_probe() && result.probe().state() != v1::HOST_STATE_SUCCEEDED) {
    absl::StrAppend(&group, "; probe ", ShortOutcome(result.probe()));
  }
  return group;
}

}  // namespace

std::string RunsTable(const std::vector<v1::Run>& runs, absl::Time now, absl::TimeZone zone) {
  if (runs.empty()) return "no runs\n";
  std::string text = absl::StrFormat("%-16s  %-9s  %11s  %-19s  %10s  %s\n", "RUN", "STATE",
                                     "OK/HOSTS", "STARTED", "TOOK", "COMMAND");
  for (const v1::Run& run : runs) {
    const std::string hosts =
        absl::StrCat(CountOf(run, v1::HOST_STATE_SUCCEEDED), "/", run.host_count());
    absl::StrAppendFormat(&text, "%-16s  %-9s  %11s  %-19s  %10s  %s\n", run.id(),
                          StateName(run.state()), hosts,
                          absl::FormatTime("%Y-%m-%d %H:%M:%S", TimeOf(run.create_time()), zone),
                          LengthOf(run, now), Shorten(CommandText(run), kCommandWidth));
  }
  return text;
}

std::string RunHead(const v1::Run& run, absl::Time now, absl::TimeZone zone) {
  std::string counts;
  for (const v1::HostStateCount& count : run.host_state_counts()) {
    absl::StrAppend(&counts, ", ", count.hosts(), " ", StateName(count.state()));
  }
  std::string targets;
  AppendVisible(run.spec().targets().expression(), &targets);
  std::string text = absl::StrCat(
      "run      ", run.id(), " ", StateName(run.state()), "\ncommand  ", CommandText(run),
      "\ntargets  ", targets, "\nhosts    ", run.host_count(), counts, "\nstarted  ",
      absl::FormatTime("%Y-%m-%d %H:%M:%S %z", TimeOf(run.create_time()), zone), " by ",
      run.creator(), run.has_end_time() ? ", took " : ", running for ", LengthOf(run, now), "\n");
  AppendWay(run, &text);
  AppendRollout(run, &text);
  if (run.omitted_bytes() > 0) {
    absl::StrAppend(&text, "output   ", run.omitted_bytes(),
                    " bytes were left out because of a limit\n");
  }
  if (!run.message().empty()) {
    absl::StrAppend(&text, "message  ");
    AppendVisible(run.message(), &text);
    absl::StrAppend(&text, "\n");
  }
  for (const std::string& warning : run.warnings()) {
    absl::StrAppend(&text, "warning  ");
    AppendVisible(warning, &text);
    absl::StrAppend(&text, "\n");
  }
  return text;
}

std::string OutcomeGroups(const std::vector<v1::HostResult>& results) {
  std::map<std::string, std::vector<const v1::HostResult*>> groups;
  for (const v1::HostResult& result : results) groups[GroupOf(result)].push_back(&result);
  std::vector<std::pair<std::string, std::vector<const v1::HostResult*>>> order(groups.begin(),
                                                                                groups.end());
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.second.size() > b.second.size(); });
  std::string text;
  for (const auto& group : order) {
    std::vector<std::string> names;
    for (const v1::HostResult* result : group.second) names.push_back(result->host().name());
    absl::StrAppend(&text, group.first, " (", names.size(), "): ", FoldNodeSet(names), "\n");
    const v1::HostResult& first = *group.second.front();
    if (first.outcome().message().empty() || first.state() == v1::HOST_STATE_EXITED_NONZERO)
      continue;
    absl::StrAppend(&text, "    ", names.size() > 1 ? names.front() + ": " : "");
    AppendVisible(first.outcome().message(), &text);
    absl::StrAppend(&text, "\n");
  }
  return text;
}

std::string HostLine(const v1::HostResult& result, size_t name_width) {
  const bool done = result.state() >= v1::HOST_STATE_SUCCEEDED;
  std::string text = absl::StrFormat("%-*s  %s", static_cast<int>(name_width), result.host().name(),
                                     GroupOf(result));
  if (result.has_start_time() && result.has_end_time()) {
    absl::StrAppend(&text, ", ",
                    DurationText(TimeOf(result.end_time()) - TimeOf(result.start_time())));
  }
  if (done && !result.outcome().message().empty() &&
      result.state() != v1::HOST_STATE_EXITED_NONZERO) {
    absl::StrAppend(&text, ": ");
    AppendVisible(result.outcome().message(), &text);
  }
  return text + "\n";
}

}  // namespace muster::client
