// What a client knows of a run from its events.
#ifndef CLIENT_LIBRARY_RUN_VIEW_H_
#define CLIENT_LIBRARY_RUN_VIEW_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "muster/v1/event.pb.h"
#include "muster/v1/run_service.pb.h"
#include "proto/contract/visible_text.h"

namespace muster::client {

// Follows a run's log: who the hosts are, how they stand. Not thread-safe.
class RunView {
 public:
  void Apply(const v1::Event& event);
  // Hosts that have ended alike: in the order of the stream, whose first message of a group has its
  // outcome.
  void Apply(const v1::OutputGroup& group);
  // The run as the daemon describes it; also before the first event, for who begins in the middle.
  void SetRun(const v1::Run& run);
  // As SetRun, where no events tell how the hosts stand: WATCH_VIEW_SUMMARY. Its counts hold until
  // the next SetResult.
  void SetSummary(const v1::Run& run);
  // How a host stands, for who begins in the middle or sees a part. Before the first event or after
  // the last.
  void SetResult(const v1::HostResult& result);

  const v1::Run& run() const { return run_; }
  // The newest that is known of it.
  v1::RunState state() const { return state_; }
  const std::vector<std::string>& names() const { return names_; }
  // The host's name as the daemon tells it; its number where the log was not read from its
  // beginning.
  std::string NameOf(uint32_t host_index) const;
  // The same for a person.
  std::string LabelOf(uint32_t host_index) const { return Visible(NameOf(host_index)); }
  v1::HostState StateOf(uint32_t host_index) const { return states_[host_index]; }

  size_t hosts() const { return names_.size(); }
  size_t CountOf(v1::HostState state) const {
    const auto& counts = told_.empty() ? counts_ : told_;
    const auto found = counts.find(state);
    return found == counts.end() ? 0 : found->second;
  }
  // Whether StateOf is up to date.
  bool knows_each() const { return told_.empty(); }
  // Hosts of the batches that have begun.
  size_t admitted() const { return admitted_ == 0 ? hosts() : admitted_; }
  // Hosts that have ended, and those of them that did not succeed.
  size_t done() const;
  size_t failed() const { return done() - CountOf(v1::HOST_STATE_SUCCEEDED); }
  // Hosts that are neither queued nor done.
  size_t busy() const { return hosts() - done() - CountOf(v1::HOST_STATE_QUEUED); }

  struct Failure {
    uint32_t host_index;
    v1::HostOutcome outcome;
  };
  // Of all hosts that did not succeed, in the order of their ends.
  const std::vector<Failure>& failures() const { return failures_; }
  // The same of probes (Rollout.probe), as far as they were told.
  const std::vector<Failure>& failed_probes() const { return failed_probes_; }
  // Whether one of those that did not succeed has written anything, as far as it was told.
  bool failures_wrote() const;

 private:
  void Resize(size_t hosts);
  void SetState(uint32_t host_index, v1::HostState state);
  void Advance(uint32_t host_index, v1::HostState state);
  void Finish(uint32_t host_index, const v1::HostOutcome& outcome);
  void FinishProbe(uint32_t host_index, const v1::HostOutcome& outcome);

  v1::Run run_;
  std::vector<std::string> names_;
  std::vector<v1::HostState> states_;
  std::map<int, size_t> counts_;  // by state, those of a newer daemon too
  std::map<int, size_t> told_;    // by the daemon, in place of counts_; or empty
  std::vector<bool> wrote_;       // by host: any output
  v1::RunState state_ = v1::RUN_STATE_UNSPECIFIED;
  size_t admitted_ = 0;  // 0: no batch was told of
  std::vector<Failure> failures_;
  std::vector<Failure> failed_probes_;
  std::map<uint32_t, v1::OutputGroup> groups_;  // what their first messages have beside content
};

}  // namespace muster::client

#endif  // CLIENT_LIBRARY_RUN_VIEW_H_
