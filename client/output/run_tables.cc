#include "client/output/run_tables.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/civil_time.h"
#include "client/options/field_names.h"
#include "client/output/table.h"
#include "client/text/columns.h"
#include "client/text/outcome_text.h"
#include "client/text/state_names.h"
#include "proto/contract/action_text.h"
#include "proto/contract/states.h"
#include "proto/contract/visible_text.h"
#include "proto/nodeset/node_set.h"

namespace muster::client {
namespace {

constexpr size_t kMaxShownId = 24;
constexpr size_t kMessageIndent = 4;

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

size_t CountOf(const v1::Run& run, v1::HostState state) {
  for (const v1::HostStateCount& count : run.host_state_counts()) {
    if (count.state() == state) return count.hosts();
  }
  return 0;
}

void AppendWay(const v1::Run& run, std::string* text) {
  if (run.spec().login().jump_hosts().empty()) return;
  absl::StrAppend(text, "jump     ", Visible(absl::StrJoin(run.spec().login().jump_hosts(), ",")),
                  "\n");
}

void AppendInput(const v1::Run& run, std::string* text) {
  if (run.spec().input() != v1::RUN_INPUT_ARTIFACT) return;
  absl::StrAppend(text, "input    artifact ", Visible(run.spec().input_artifact()), "\n");
}

void AppendAmount(std::string* to, const v1::HostAmount& amount) {
  absl::StrAppend(to, amount.has_percent() ? amount.percent() : amount.hosts(),
                  amount.has_percent() ? "%" : "");
}

void AppendRollout(const v1::Run& run, std::string* text) {
  const std::string id = Visible(run.id());
  if (run.batch_count() > 1) {
    absl::StrAppend(text, "batch    ", run.batch(), " of ", run.batch_count(), " (",
                    absl::StrJoin(run.spec().rollout().batches(), ",", AppendAmount), ")\n");
  }
  if (run.state() == v1::RUN_STATE_PAUSED) {
    absl::StrAppend(text, "next     muster resume ", id, ", or muster cancel ", id, "\n");
  }
  if (!run.rerun_of().empty()) absl::StrAppend(text, "rerun    of ", Visible(run.rerun_of()), "\n");
  std::string labels;
  const std::map<std::string, std::string> sorted(run.spec().labels().begin(),
                                                  run.spec().labels().end());
  for (const auto& label : sorted) {
    absl::StrAppend(&labels, labels.empty() ? "" : ", ", Visible(label.first), "=",
                    Visible(label.second));
  }
  if (!labels.empty()) absl::StrAppend(text, "labels   ", labels, "\n");
}

constexpr absl::string_view kSides = "llrlrl";  // of the table of runs

// The year says something only where it is another one.
std::string StartText(absl::Time time, absl::Time now, absl::TimeZone zone) {
  const bool this_year = absl::ToCivilYear(time, zone) == absl::ToCivilYear(now, zone);
  return absl::FormatTime(this_year ? "%m-%d %H:%M:%S" : "%Y-%m-%d %H:%M", time, zone);
}

Row RowOf(const v1::Run& run, absl::Time now, absl::TimeZone zone) {
  return {Visible(run.id(), kMaxShownId),
          StateName(run.state()),
          absl::StrCat(CountOf(run, v1::HOST_STATE_SUCCEEDED), "/", run.host_count()),
          StartText(TimeOf(run.create_time()), now, zone),
          LengthOf(run, now),
          Visible(ActionText(run.spec()))};
}

// What hosts have in common that are shown together.
std::string GroupOf(const v1::HostResult& result) {
  std::string group =
      IsTerminal(result.state()) ? ShortOutcome(result.outcome()) : StateWords(result.state());
  if (result.has_probe() && result.probe().state() != v1::HOST_STATE_SUCCEEDED) {
    absl::StrAppend(&group, "; probe ", ShortOutcome(result.probe()));
  }
  return group;
}

}  // namespace

std::string RunsTable(const std::vector<v1::Run>& runs, size_t columns, absl::Time now,
                      absl::TimeZone zone) {
  if (runs.empty()) return "no runs\n";
  std::vector<Row> rows = {{"RUN", "STATE", "OK/HOSTS", "STARTED", "TOOK", "COMMAND"}};
  for (const v1::Run& run : runs) rows.push_back(RowOf(run, now, zone));
  return TableText(rows, kSides, columns);
}

std::string RunLine(const v1::Run& run, size_t columns, absl::Time now, absl::TimeZone zone) {
  // What they take most often.
  return TableLine(RowOf(run, now, zone), {13, 9, 11, 14, 9, 0}, kSides, columns);
}

std::string RunHead(const v1::Run& run, absl::Time now, absl::TimeZone zone) {
  std::string counts;
  for (const v1::HostStateCount& count : run.host_state_counts()) {
    absl::StrAppend(&counts, ", ", count.hosts(), " ", StateWords(count.state()));
  }
  std::string text = absl::StrCat(
      "run      ", Visible(run.id()), " ", StateName(run.state()), "\ncommand  ",
      Visible(ActionText(run.spec())), "\ntargets  ", Visible(run.spec().targets().expression()),
      "\nhosts    ", run.host_count(), counts, "\nstarted  ",
      absl::FormatTime("%Y-%m-%d %H:%M:%S %z", TimeOf(run.create_time()), zone), " by ",
      Visible(run.creator()), run.has_end_time() ? ", took " : ", running for ", LengthOf(run, now),
      "\n");
  AppendInput(run, &text);
  AppendWay(run, &text);
  AppendRollout(run, &text);
  if (run.omitted_bytes() > 0) {
    absl::StrAppend(&text, "output   ", run.omitted_bytes(),
                    " bytes were left out because of a limit\n");
  }
  if (!run.message().empty()) {
    absl::StrAppend(&text, "message  ", Visible(run.message()), "\n");
  }
  for (const std::string& warning : run.warnings()) {
    absl::StrAppend(&text, "warning  ", Visible(InOptions(warning)), "\n");
  }
  return text;
}

std::string OutcomeGroups(const std::vector<v1::HostResult>& results, size_t columns) {
  std::map<std::string, std::vector<const v1::HostResult*>> groups;
  for (const v1::HostResult& result : results) groups[GroupOf(result)].push_back(&result);
  std::vector<std::pair<std::string, std::vector<const v1::HostResult*>>> order(groups.begin(),
                                                                                groups.end());
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.second.size() > b.second.size(); });
  std::string text;
  for (const auto& group : order) {
    std::vector<std::string> names;
    for (const v1::HostResult* result : group.second) {
      names.push_back(Visible(result->host().name()));
    }
    absl::StrAppend(&text, group.first, " (", names.size(), "): ", FoldNodeSet(names), "\n");
    const v1::HostResult& first = *group.second.front();
    const std::string message = MessageBeside(first.outcome());
    if (message.empty()) continue;
    absl::StrAppend(&text,
                    WrapWords(absl::StrCat(names.size() > 1 ? names.front() + ": " : "", message),
                              kMessageIndent, columns));
  }
  return text;
}

std::string HostLine(const v1::HostResult& result, size_t name_width) {
  const bool done = IsTerminal(result.state());
  std::string text = absl::StrFormat("%-*s  %s", static_cast<int>(name_width),
                                     Visible(result.host().name()), GroupOf(result));
  if (result.has_start_time() && result.has_end_time()) {
    absl::StrAppend(&text, ", ",
                    DurationText(TimeOf(result.end_time()) - TimeOf(result.start_time())));
  }
  const std::string message = done ? MessageBeside(result.outcome()) : "";
  if (!message.empty()) absl::StrAppend(&text, ": ", message);
  return text + "\n";
}

}  // namespace muster::client
