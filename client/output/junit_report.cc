#include "client/output/junit_report.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/output/whole_file.h"
#include "client/text/outcome_text.h"
#include "client/text/state_names.h"
#include "client/text/xml_text.h"
#include "proto/contract/action_text.h"

namespace muster::client {
namespace {

constexpr size_t kTailBytes = 8 * 1024;
constexpr char kHead[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

absl::Time TimeOf(const google::protobuf::Timestamp& stamp) {
  return absl::FromUnixSeconds(stamp.seconds()) + absl::Nanoseconds(stamp.nanos());
}

// Cuts seldom: each byte is moved twice at most.
void AppendTail(absl::string_view data, std::string* tail) {
  absl::StrAppend(tail, data.substr(data.size() - std::min(data.size(), kTailBytes)));
  if (tail->size() > 2 * kTailBytes) tail->erase(0, tail->size() - kTailBytes);
}

std::string TailText(const char* element, absl::string_view tail) {
  if (tail.empty()) return "";
  tail.remove_prefix(tail.size() - std::min(tail.size(), kTailBytes));
  return absl::StrCat("      <", element, ">", XmlText(tail), "</", element, ">\n");
}

enum class Verdict { kPassed, kFailure, kError, kSkipped };

Verdict VerdictOf(const v1::HostOutcome& outcome, const v1::HostOutcome& probe) {
  if (outcome.state() == v1::HOST_STATE_SKIPPED) return Verdict::kSkipped;
  switch (EndKindOf(outcome.state()).value_or(EndKind::kUnknown)) {
    case EndKind::kWell:
      return probe.state() == v1::HOST_STATE_UNSPECIFIED ||
                     probe.state() == v1::HOST_STATE_SUCCEEDED
                 ? Verdict::kPassed
                 : Verdict::kFailure;
    case EndKind::kFailed:
      return Verdict::kFailure;
    case EndKind::kUnreached:
    case EndKind::kUnknown:
    case EndKind::kNotRun:
      return Verdict::kError;
  }
  return Verdict::kError;
}

struct Counts {
  size_t failures = 0;
  size_t errors = 0;
  size_t skipped = 0;
};

void Count(Verdict verdict, Counts* counts) {
  counts->failures += verdict == Verdict::kFailure;
  counts->errors += verdict == Verdict::kError;
  counts->skipped += verdict == Verdict::kSkipped;
}

std::string CountsText(size_t tests, const Counts& counts, double seconds) {
  return absl::StrFormat("tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"%d\" time=\"%.3f\"",
                         tests, counts.failures, counts.errors, counts.skipped, seconds);
}

double SecondsOf(const v1::Run& run) {
  if (!run.has_create_time() || !run.has_end_time()) return 0;
  return absl::ToDoubleSeconds(TimeOf(run.end_time()) - TimeOf(run.create_time()));
}

std::string ProblemText(Verdict verdict, const v1::HostOutcome& outcome,
                        const v1::HostOutcome& probe) {
  if (verdict == Verdict::kPassed) return "";
  if (verdict == Verdict::kSkipped) return "      <skipped/>\n";
  const bool of_probe = outcome.state() == v1::HOST_STATE_SUCCEEDED;
  const v1::HostOutcome& why = of_probe ? probe : outcome;
  const bool known = why.state() != v1::HOST_STATE_UNSPECIFIED;
  const char* element = verdict == Verdict::kFailure ? "failure" : "error";
  return absl::StrCat("      <", element, " message=\"", of_probe ? "probe " : "",
                      known ? XmlText(ShortOutcome(why)) : "its end was not seen", "\" type=\"",
                      known ? StateName(why.state()) : "unseen", "\">", XmlText(why.message()),
                      "</", element, ">\n");
}

}  // namespace

void JunitReport::OnEvent(const v1::Event& event, const RunView&) {
  const absl::Time time = TimeOf(event.time());
  if (event.has_host_state() && event.host_state().state() >= v1::HOST_STATE_CONNECTING) {
    Case& one = cases_[event.host_state().host_index()];
    one.start = std::min(one.start, time);
  } else if (event.has_output()) {
    Case& one = cases_[event.output().host_index()];
    AppendTail(event.output().data(),
               event.output().stream() == v1::OUTPUT_STREAM_STDERR ? &one.err : &one.out);
  } else if (event.has_host_finished()) {
    Finish(event.host_finished(), time);
  } else if (event.has_probe_finished()) {
    Case& one = cases_[event.probe_finished().host_index()];
    one.probe = event.probe_finished().outcome();
    if (one.probe.state() != v1::HOST_STATE_SUCCEEDED) one.err = event.probe_finished().output();
  }
}

void JunitReport::Finish(const v1::HostFinished& finished, absl::Time time) {
  Case& one = cases_[finished.host_index()];
  one.end = time;
  one.outcome = finished.outcome();
  if (one.outcome.state() != v1::HOST_STATE_SUCCEEDED) return;
  // Of ten thousand hosts that are well nobody reads it.
  one.out = std::string();
  one.err = std::string();
}

std::string JunitReport::CaseText(const std::string& name, const Case& one) const {
  double seconds = static_cast<double>(one.outcome.timings().closed_us()) / 1e6;
  if (seconds == 0 && one.start < one.end) seconds = absl::ToDoubleSeconds(one.end - one.start);
  const Verdict verdict = VerdictOf(one.outcome, one.probe);
  return absl::StrCat("    <testcase classname=\"muster\" name=\"", XmlText(name), "\" time=\"",
                      absl::StrFormat("%.3f", seconds), "\">\n",
                      ProblemText(verdict, one.outcome, one.probe), TailText("system-out", one.out),
                      TailText("system-err", one.err), "    </testcase>\n");
}

std::string JunitReport::Text(const RunView& view) const {
  Counts counts;
  std::string cases;
  for (uint32_t host = 0; host < view.hosts(); ++host) {
    const auto it = cases_.find(host);
    const Case one = it != cases_.end() ? it->second : Case();
    Count(VerdictOf(one.outcome, one.probe), &counts);
    cases += CaseText(view.NameOf(host), one);
  }
  const v1::Run& run = view.run();
  const std::string totals = CountsText(view.hosts(), counts, SecondsOf(run));
  const std::string created =
      absl::FormatTime("%Y-%m-%dT%H:%M:%S", TimeOf(run.create_time()), absl::UTCTimeZone());
  return absl::StrCat(kHead, "<testsuites name=\"muster\" ", totals, ">\n  <testsuite name=\"",
                      XmlText(ActionText(run.spec())), "\" ", totals, " timestamp=\"", created,
                      "\">\n    <properties>\n      <property name=\"run\" value=\"",
                      XmlText(run.id()), "\"/>\n      <property name=\"state\" value=\"",
                      StateName(run.state()), "\"/>\n    </properties>\n", cases,
                      "  </testsuite>\n</testsuites>\n");
}

void JunitReport::OnEnd(const RunView& view) {
  if (!written_) Write(Text(view));
}

void JunitReport::WriteError(const absl::Status& error) {
  const std::string totals = CountsText(1, {0, 1, 0}, 0);
  Write(absl::StrCat(kHead, "<testsuites name=\"muster\" ", totals,
                     ">\n  <testsuite name=\"muster\" ", totals,
                     ">\n    <testcase classname=\"muster\" name=\"start\" time=\"0.000\">\n"
                     "      <error message=\"",
                     XmlText(error.message()), "\" type=\"", absl::StatusCodeToString(error.code()),
                     "\"/>\n    </testcase>\n  </testsuite>\n</testsuites>\n"));
}

void JunitReport::Write(const std::string& text) {
  written_ = true;
  const absl::Status written = WriteWholeFile(path_, text);
  if (written.ok()) return;
  status_ = absl::Status(written.code(), absl::StrCat("--junit: ", written.message()));
}

}  // namespace muster::client
