// How each host of a run stands.
#ifndef SERVICE_RUNS_RUN_RECORDS_H_
#define SERVICE_RUNS_RUN_RECORDS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "muster/v1/host.pb.h"
#include "muster/v1/run.pb.h"

namespace muster::service {

// What happened to a host since it was last told of. A value.
struct HostUpdate {
  uint32_t host_index = 0;
  v1::HostState state = v1::HOST_STATE_UNSPECIFIED;
  // With a terminal state only.
  v1::HostOutcome outcome;
  uint64_t stdout_bytes = 0;
  uint64_t stderr_bytes = 0;
  uint64_t omitted_bytes = 0;
};

// Not thread-safe: the run guards it.
class RunRecords {
 public:
  explicit RunRecords(size_t hosts);

  void Note(const HostUpdate& update, absl::Time now);
  // Of a host of an earlier daemon.
  void NoteStart(uint32_t host, absl::Time time) { hosts_[host].start = time; }
  void NoteProbe(uint32_t host, v1::HostOutcome outcome);

  size_t size() const { return hosts_.size(); }
  bool ended(uint32_t host) const { return hosts_[host].outcome != nullptr; }
  v1::HostState state(uint32_t host) const { return hosts_[host].state; }
  const v1::HostOutcome* probe(uint32_t host) const { return hosts_[host].probe.get(); }
  uint32_t count(v1::HostState state) const { return counts_[state]; }
  // False where there are none.
  bool all_succeeded() const {
    return !hosts_.empty() && counts_[v1::HOST_STATE_SUCCEEDED] == hosts_.size();
  }
  // Whether a probe has ended otherwise than SUCCEEDED.
  bool a_probe_failed() const { return probe_failed_; }

  // host_state_counts and omitted_bytes.
  void FillIn(v1::Run* run) const;
  v1::HostResult Result(uint32_t host, const v1::RunHost& who) const;

 private:
  struct Record {
    v1::HostState state = v1::HOST_STATE_QUEUED;
    absl::Time start = absl::InfinitePast();
    absl::Time end = absl::InfinitePast();
    uint64_t stdout_bytes = 0;
    uint64_t stderr_bytes = 0;
    uint64_t omitted_bytes = 0;
    std::unique_ptr<v1::HostOutcome> outcome;
    std::unique_ptr<v1::HostOutcome> probe;
  };

  std::vector<Record> hosts_;
  std::vector<uint32_t> counts_;  // by state
  uint64_t omitted_bytes_ = 0;
  bool probe_failed_ = false;
};

}  // namespace muster::service

#endif  // SERVICE_RUNS_RUN_RECORDS_H_
