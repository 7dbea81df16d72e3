#include "client/commands/list_request.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "client/options/utf8_check.h"
#include "client/text/state_names.h"

namespace muster::client {
namespace {

bool ParseSince(const std::string& text, absl::Time now, absl::TimeZone zone, absl::Time* time) {
  absl::Duration ago;
  if (absl::ParseDuration(text, &ago) && ago >= absl::ZeroDuration()) {
    *time = now - ago;
    return true;
  }
  for (const char* format : {"%Y-%m-%d%ET%H:%M:%E*S%Ez", "%Y-%m-%d%ET%H:%M:%E*S",
                             "%Y-%m-%d %H:%M:%E*S", "%Y-%m-%d %H:%M", "%Y-%m-%d"}) {
    if (absl::ParseTime(format, text, zone, time, nullptr)) return true;
  }
  return false;
}

absl::Status FillLabels(const Options& options, v1::ListRunsRequest* request) {
  for (const std::string& label : options.labels) {
    const size_t equals = label.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError(absl::StrCat("--label: \"", label, "\" is not KEY=VALUE"));
    }
    const std::string key = label.substr(0, equals);
    if (request->labels().count(key) > 0) {
      return absl::InvalidArgumentError(absl::StrCat("--label: ", key, " is given twice"));
    }
    (*request->mutable_labels())[key] = label.substr(equals + 1);
  }
  return absl::OkStatus();
}

absl::Status FillSince(const Options& options, absl::Time now, absl::TimeZone zone,
                       v1::ListRunsRequest* request) {
  if (options.since.empty()) return absl::OkStatus();
  absl::Time since;
  if (!ParseSince(options.since, now, zone, &since)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--since: \"", options.since,
                     "\" is no time; write 2h, 2026-11-25, or 2026-11-25T10:00:00+01:00"));
  }
  const int64_t seconds = absl::ToUnixSeconds(since);
  request->mutable_created_after()->set_seconds(seconds);
  request->mutable_created_after()->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(since - absl::FromUnixSeconds(seconds))));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::ListRunsRequest> MakeListRequest(const Options& options, absl::Time now,
                                                    absl::TimeZone zone) {
  v1::ListRunsRequest request;
  request.set_page_size(options.limit);
  request.set_command_contains(options.command_contains);
  request.set_creator(options.creator);
  const absl::StatusOr<std::vector<v1::RunState>> states = ParseRunStates(options.run_states);
  if (!states.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("--state: ", states.status().message()));
  }
  for (const v1::RunState state : *states) request.add_states(state);
  absl::Status status = FillLabels(options, &request);
  status.Update(FillSince(options, now, zone, &request));
  status.Update(CheckUtf8(request));
  if (!status.ok()) return status;
  return request;
}

}  // namespace muster::client
