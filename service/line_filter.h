// The view LINES with a filter.
#ifndef SERVICE_LINE_FILTER_H_
#define SERVICE_LINE_FILTER_H_

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "muster/v1/event.pb.h"
#include "muster/v1/run_service.pb.h"
#include "service/event_view.h"

namespace muster::service {

// Leaves out events as WatchRunRequest.host_indexes and .states say; those of the run itself always
// come. Each response tells where to go on from. Not thread-safe.
class LineFilter final : public EventView {
 public:
  explicit LineFilter(const v1::WatchRunRequest& request);
  // Whether the request asks for one: without, the log's own bytes are sent.
  static bool Needed(const v1::WatchRunRequest& request);

  std::string Feed(absl::string_view events, uint64_t last, bool more) override;

 private:
  bool Wanted(const v1::Event& event) const;
  bool WantedHost(uint32_t index) const { return hosts_.empty() || hosts_.contains(index); }
  bool WantedState(int state) const { return states_.empty() || states_.contains(state); }

  const absl::flat_hash_set<uint32_t> hosts_;
  const absl::flat_hash_set<int> states_;
};

}  // namespace muster::service

#endif  // SERVICE_LINE_FILTER_H_
