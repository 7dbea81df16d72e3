#include "service/store/old_format.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/unknown_field_set.h>
#include <google/protobuf/util/delimited_message_util.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "muster/v1/run_service.pb.h"

namespace muster::service {
namespace {

constexpr int kOldHostSucceeded = 6;
constexpr int kOldHostSkipped = 19;
constexpr int kOldRunSucceeded = 4;
constexpr int kOldRunCanceled = 6;
// Of Rollout.
constexpr int kOldBatches = 2;
constexpr int kOldMaxFailures = 3;

v1::HostState Renewed(v1::HostState state) {
  const bool old = state >= kOldHostSucceeded && state <= kOldHostSkipped;
  return old ? static_cast<v1::HostState>(state - kOldHostSucceeded + v1::HOST_STATE_SUCCEEDED)
             : state;
}

v1::RunState Renewed(v1::RunState state) {
  const bool old = state >= kOldRunSucceeded && state <= kOldRunCanceled;
  return old ? static_cast<v1::RunState>(state - kOldRunSucceeded + v1::RUN_STATE_SUCCEEDED)
             : state;
}

// CheckSpec of that time let nothing else pass.
v1::HostAmount AmountOf(absl::string_view text) {
  v1::HostAmount amount;
  const bool percent = absl::ConsumeSuffix(&text, "%");
  uint32_t number = 0;
  if (!absl::SimpleAtoi(text, &number)) return amount;
  percent ? amount.set_percent(number) : amount.set_hosts(number);
  return amount;
}

void Renew(v1::Rollout* rollout) {
  google::protobuf::UnknownFieldSet* unknown =
      rollout->GetReflection()->MutableUnknownFields(rollout);
  for (int i = 0; i < unknown->field_count(); ++i) {
    const google::protobuf::UnknownField& field = unknown->field(i);
    if (field.type() != google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED) continue;
    const v1::HostAmount amount = AmountOf(field.length_delimited());
    if (field.number() == kOldBatches) *rollout->add_batches() = amount;
    if (field.number() == kOldMaxFailures) *rollout->mutable_max_failures() = amount;
  }
  unknown->DeleteByNumber(kOldBatches);
  unknown->DeleteByNumber(kOldMaxFailures);
}

// Daemons told it to people only.
v1::RunReason ReasonOf(absl::string_view message) {
  const std::pair<absl::string_view, v1::RunReason> texts[] = {
      {"the run was canceled.", v1::RUN_REASON_CANCEL_REQUESTED},
      {" (run timeout).", v1::RUN_REASON_TIMEOUT},
      {" failed, and the run allows none", v1::RUN_REASON_TOO_MANY_FAILED},
      {" failed, more than the ", v1::RUN_REASON_TOO_MANY_FAILED},
      {" It cannot be continued: ", v1::RUN_REASON_NOT_CONTINUED},
      {"musterd was ended in the middle of the run.", v1::RUN_REASON_DAEMON_LOST},
      {"musterd is stopping.", v1::RUN_REASON_DAEMON_STOPPED},
      {"the run could not be written down.", v1::RUN_REASON_NOT_WRITTEN},
      {" the next begins when the run is resumed", v1::RUN_REASON_BATCH_CONFIRMATION},
  };
  for (const auto& [text, reason] : texts) {
    if (absl::StrContains(message, text)) return reason;
  }
  return v1::RUN_REASON_UNSPECIFIED;
}

void Renew(v1::Run* run) {
  run->set_state(Renewed(run->state()));
  if (run->reason() == v1::RUN_REASON_UNSPECIFIED) run->set_reason(ReasonOf(run->message()));
  for (v1::HostStateCount& count : *run->mutable_host_state_counts()) {
    count.set_state(Renewed(count.state()));
  }
  if (run->spec().has_rollout()) Renew(run->mutable_spec()->mutable_rollout());
  if (!run->has_start_time()) *run->mutable_start_time() = run->create_time();
}

void Renew(v1::HostOutcome* outcome) { outcome->set_state(Renewed(outcome->state())); }

void Renew(v1::HostResult* result) {
  result->set_state(Renewed(result->state()));
  if (result->has_outcome()) Renew(result->mutable_outcome());
  if (result->has_probe()) Renew(result->mutable_probe());
}

void Renew(v1::Event* event) {
  if (event->has_run_state()) {
    v1::RunStateChanged* changed = event->mutable_run_state();
    changed->set_state(Renewed(changed->state()));
    if (changed->reason() == v1::RUN_REASON_UNSPECIFIED) {
      changed->set_reason(ReasonOf(changed->message()));
    }
  }
  if (event->has_host_finished()) Renew(event->mutable_host_finished()->mutable_outcome());
  if (event->has_probe_finished()) Renew(event->mutable_probe_finished()->mutable_outcome());
}

}  // namespace

absl::optional<std::string> RenewRun(absl::string_view bytes) {
  v1::Run run;
  if (!run.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return {};
  Renew(&run);
  return run.SerializeAsString();
}

absl::optional<std::string> RenewResults(absl::string_view bytes) {
  namespace io = google::protobuf::io;
  namespace util = google::protobuf::util;
  io::ArrayInputStream in(bytes.data(), static_cast<int>(bytes.size()));
  std::string renewed;
  {
    io::StringOutputStream out(&renewed);
    io::CodedOutputStream coded(&out);
    v1::HostResult result;
    bool end = false;
    while (util::ParseDelimitedFromZeroCopyStream(&result, &in, &end)) {
      Renew(&result);
      util::SerializeDelimitedToCodedStream(result, &coded);
      result.Clear();
    }
    if (!end) return {};
  }
  return renewed;
}

absl::optional<std::string> RenewEvents(absl::string_view bytes) {
  v1::WatchRunResponse block;
  if (!block.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return {};
  for (v1::Event& event : *block.mutable_events()) Renew(&event);
  return block.SerializeAsString();
}

}  // namespace muster::service
