#include "service/runs/outcome_proto.h"

#include <algorithm>
#include <cstdint>

#include "service/access/hidden_paths.h"

namespace muster::service {
namespace {

uint64_t Microseconds(absl::Duration duration) {
  return static_cast<uint64_t>(absl::ToInt64Microseconds(duration));
}

v1::HostTimings ProtoOf(const engine::HostTimings& timings) {
  v1::HostTimings proto;
  proto.set_connected_us(Microseconds(timings.connected));
  proto.set_handshake_us(Microseconds(timings.handshake));
  proto.set_authenticated_us(Microseconds(timings.authenticated));
  proto.set_channel_open_us(Microseconds(timings.channel_open));
  proto.set_started_us(Microseconds(timings.started));
  proto.set_first_output_us(Microseconds(timings.first_output));
  proto.set_last_output_us(Microseconds(timings.last_output));
  proto.set_exited_us(Microseconds(timings.exited));
  proto.set_closed_us(Microseconds(timings.closed));
  return proto;
}

}  // namespace

v1::HostOutcome ProtoOf(const engine::HostOutcome& outcome,
                        const std::vector<std::string>& hidden_paths) {
  v1::HostOutcome proto;
  proto.set_state(ProtoOf(outcome.state));
  proto.set_cause(static_cast<v1::Cause>(outcome.cause));
  proto.set_exit_code(static_cast<int32_t>(std::min<uint32_t>(outcome.exit_code, INT32_MAX)));
  proto.set_exit_status(outcome.exit_code);
  proto.set_signal(outcome.signal);
  proto.set_core_dumped(outcome.core_dumped);
  proto.set_end_confirmed(outcome.cancel_confirmed);
  if (!outcome.message.empty()) proto.set_message(WithoutFolders(outcome.message, hidden_paths));
  *proto.mutable_timings() = ProtoOf(outcome.timings);
  proto.set_attempts(outcome.attempts);
  proto.set_warm_session(outcome.warm_session);
  proto.set_exit_reported(outcome.exit_reported);
  return proto;
}

}  // namespace muster::service
