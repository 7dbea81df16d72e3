#include "service/runs/run_past.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "muster/v1/run_service.pb.h"
#include "proto/contract/states.h"
#include "proto/contract/times.h"

namespace muster::service {
namespace {

constexpr size_t kReadBytes = 4 << 20;

// Takes in a log, event by event.
class PastReader {
 public:
  void Add(const v1::Event& event);
  // Who has no end and was started is lost.
  ReadPast Take(const std::vector<uint32_t>& started);
  size_t hosts() const { return read_.hosts.size(); }

 private:
  void AddState(const v1::RunStateChanged& changed, absl::Time time);
  void AddHosts(const v1::HostsAdded& added);
  void AddOutput(const v1::HostOutput& output);
  void AddEnd(const v1::HostFinished& finished, absl::Time time);
  void NoteStart(uint32_t host, absl::Time time) { read_.past.start_times.emplace(host, time); }

  ReadPast read_;
  absl::flat_hash_map<uint32_t, HostUpdate> outputs_;
  std::vector<bool> ended_;
};

void PastReader::Add(const v1::Event& event) {
  RunPast& past = read_.past;
  past.last_sequence = event.sequence();
  switch (event.kind_case()) {
    case v1::Event::kRunState:
      AddState(event.run_state(), TimeOf(event.time()));
      break;
    case v1::Event::kHostsAdded:
      AddHosts(event.hosts_added());
      break;
    case v1::Event::kHostState:
      NoteStart(event.host_state().host_index(), TimeOf(event.time()));
      break;
    case v1::Event::kOutput:
      AddOutput(event.output());
      break;
    case v1::Event::kOutputOmitted: {
      const v1::OutputOmitted& omitted = event.output_omitted();
      HostUpdate& update = outputs_[omitted.host_index()];
      update.omitted_bytes += omitted.bytes();
      (omitted.stream() == v1::OUTPUT_STREAM_STDERR ? update.stderr_bytes : update.stdout_bytes) +=
          omitted.bytes();
      break;
    }
    case v1::Event::kHostFinished:
      AddEnd(event.host_finished(), TimeOf(event.time()));
      break;
    case v1::Event::kBatchStarted:
      past.batch = event.batch_started().batch();
      break;
    case v1::Event::kProbeFinished:
      past.probes.push_back(
          {event.probe_finished().host_index(), event.probe_finished().outcome()});
      break;
    default:
      break;
  }
}

void PastReader::AddState(const v1::RunStateChanged& changed, absl::Time time) {
  RunPast& past = read_.past;
  if (IsTerminal(changed.state())) {
    past.end_state = changed.state();
    past.end_time = time;
  } else {
    past.state = changed.state();
  }
  past.why = {changed.reason(), changed.message(), changed.reason_by()};
}

void PastReader::AddHosts(const v1::HostsAdded& added) {
  for (const v1::RunHost& host : added.hosts()) read_.hosts.push_back(host);
  ended_.resize(read_.hosts.size());
}

void PastReader::AddOutput(const v1::HostOutput& output) {
  HostUpdate& update = outputs_[output.host_index()];
  (output.stream() == v1::OUTPUT_STREAM_STDERR ? update.stderr_bytes : update.stdout_bytes) +=
      output.data().size();
  read_.past.output_bytes += output.data().size();
}

void PastReader::AddEnd(const v1::HostFinished& finished, absl::Time time) {
  if (finished.host_index() >= ended_.size()) return;
  HostUpdate update = outputs_[finished.host_index()];
  outputs_.erase(finished.host_index());
  update.host_index = finished.host_index();
  update.state = finished.outcome().state();
  update.outcome = finished.outcome();
  ended_[update.host_index] = true;
  // Of hosts that were fast the log has no other state than the last.
  if (update.state != v1::HOST_STATE_NOT_STARTED) {
    NoteStart(update.host_index, time - absl::Microseconds(update.outcome.timings().closed_us()));
  }
  read_.past.ended.push_back(std::move(update));
  read_.past.end_times.push_back(time);
}

ReadPast PastReader::Take(const std::vector<uint32_t>& started) {
  for (const uint32_t host : started) {
    if (host >= ended_.size() || ended_[host]) continue;
    outputs_[host].host_index = host;
    read_.past.lost.push_back(outputs_[host]);
  }
  return std::move(read_);
}

// The first event after `after` from which on the log can be read again, less one; `last` where
// there is none. Blocks of a log hold many events: looked for in growing steps, then between them.
uint64_t EndOfDamage(const RunStore& store, const std::string& id, uint64_t after, uint64_t last) {
  const auto readable = [&](uint64_t from) { return store.Read(id, from, 1).ok(); };
  uint64_t broken = after;
  uint64_t step = 1;
  while (broken + step < last && !readable(broken + step)) {
    broken += step;
    step *= 2;
  }
  uint64_t whole = std::min(broken + step, last);
  while (whole - broken > 1) {
    const uint64_t middle = broken + (whole - broken) / 2;
    (readable(middle) ? whole : broken) = middle;
  }
  return whole;
}

}  // namespace

RolloutPast RolloutPastOf(const RunPast& past, size_t hosts) {
  RolloutPast result;
  result.hosts.resize(hosts, RolloutPast::Host::kWaiting);
  result.batch = past.batch;
  for (const HostUpdate& host : past.ended) {
    result.hosts[host.host_index] = host.state == v1::HOST_STATE_SUCCEEDED
                                        ? RolloutPast::Host::kSucceeded
                                        : RolloutPast::Host::kFailed;
  }
  for (const RunPast::Probe& probe : past.probes) {
    result.hosts[probe.host] = probe.outcome.state() == v1::HOST_STATE_SUCCEEDED
                                   ? RolloutPast::Host::kProbed
                                   : RolloutPast::Host::kFailed;
  }
  for (const HostUpdate& host : past.lost) {
    result.hosts[host.host_index] = RolloutPast::Host::kFailed;
  }
  return result;
}

absl::StatusOr<ReadPast> ReadRunPast(const RunStore& store, const UnfinishedRun& run) {
  PastReader reader;
  std::string damage;
  uint64_t sequence = 0;
  for (bool more = true; more;) {
    absl::StatusOr<LogPart> part = store.Read(run.run.id(), sequence, kReadBytes);
    if (absl::IsDataLoss(part.status())) {
      if (damage.empty()) damage = std::string(part.status().message());
      sequence = EndOfDamage(store, run.run.id(), sequence, run.last_sequence);
      more = sequence < run.last_sequence;
      continue;
    }
    if (!part.ok()) return part.status();
    v1::WatchRunResponse events;
    if (!events.ParseFromString(part->bytes)) {
      return absl::DataLossError(absl::StrCat("run ", run.run.id(), ": what follows event ",
                                              sequence, " of its log is no event"));
    }
    for (const v1::Event& event : events.events()) reader.Add(event);
    more = part->more;
    sequence = part->last_sequence;
  }
  // Of what has no hosts it could not be said that any failed.
  if (reader.hosts() != run.run.host_count()) {
    return absl::DataLossError(absl::StrCat("its log has ", reader.hosts(), " of its ",
                                            run.run.host_count(), " hosts",
                                            damage.empty() ? "" : ": ", damage));
  }
  ReadPast read = reader.Take(run.started);
  read.damage = std::move(damage);
  read.past.create_time = TimeOf(run.run.create_time());
  read.past.last_sequence = std::max(read.past.last_sequence, run.last_sequence);
  return read;
}

}  // namespace muster::service
