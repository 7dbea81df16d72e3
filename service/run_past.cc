#include "service/run_past.h"

#include <map>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "muster/v1/run_service.pb.h"
#include "service/proto_time.h"

namespace muster::service {
namespace {

constexpr size_t kReadBytes = 4 << 20;

// Takes in a log, event by event.
class PastReader {
 public:
  void Add(const v1::Event& event);
  // Who has no end and was started is lost.
  ReadPast Take(const std::vector<uint32_t>& started);

 private:
  void AddState(const v1::RunStateChanged& changed, absl::Time time);
  void AddHosts(const v1::HostsAdded& added);
  void AddOutput(const v1::HostOutput& output);
  void AddEnd(const v1::HostFinished& finished, absl::Time time);

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
  past.message = changed.message();
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

}  // namespace

absl::StatusOr<ReadPast> ReadRunPast(const RunStore& store, const UnfinishedRun& run) {
  PastReader reader;
  uint64_t sequence = 0;
  for (bool more = true; more;) {
    absl::StatusOr<LogPart> part = store.Read(run.run.id(), sequence, kReadBytes);
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
  ReadPast read = reader.Take(run.started);
  read.past.create_time = TimeOf(run.run.create_time());
  read.past.last_sequence = std::max(read.past.last_sequence, run.last_sequence);
  return read;
}

}  // namespace muster::service
