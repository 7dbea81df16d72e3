// RUN_VIEW_SUMMARY: the run with its counts.
#ifndef SERVICE_VIEWS_SUMMARY_VIEW_H_
#define SERVICE_VIEWS_SUMMARY_VIEW_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "muster/v1/event.pb.h"
#include "muster/v1/run.pb.h"
#include "service/views/event_scan.h"

namespace muster::service {

// Follows one run for one watcher, who owns it, from all events of the run in order. Not
// thread-safe.
class SummaryView {
 public:
  static constexpr absl::Duration kInterval = absl::Milliseconds(500);

  // `run` as it was made; what events tell is replaced.
  explicit SummaryView(v1::Run run);

  // The next events, encoded as event_block.h says, the last of which is `last_sequence`.
  // DATA_LOSS: malformed.
  absl::Status Add(absl::string_view block, uint64_t last_sequence);

  // When there is something to take: at once at first and when the run has ended, half a second
  // after the last time otherwise; InfiniteFuture while nothing has changed.
  absl::Time due() const;
  // The run as it stands, if it is due at `now`.
  absl::optional<v1::Run> Take(absl::Time now);

 private:
  void Apply(const v1::Event& event);
  void EndRun(const v1::Event& event);
  void SetHost(uint32_t host, v1::HostState state);
  v1::Run Snapshot() const;

  v1::Run run_;
  std::vector<uint8_t> states_;   // by host
  std::vector<uint32_t> counts_;  // by state
  bool changed_ = true;
  bool over_ = false;
  absl::Time taken_ = absl::InfinitePast();
};

}  // namespace muster::service

#endif  // SERVICE_VIEWS_SUMMARY_VIEW_H_
