// WATCH_VIEW_FOLDED: hosts that ended alike, as they end.
#ifndef SERVICE_WATCH_FOLDED_VIEW_H_
#define SERVICE_WATCH_FOLDED_VIEW_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "muster/v1/event.pb.h"
#include "muster/v1/run_service.pb.h"
#include "service/events/event_scan.h"
#include "service/watch/output_digest.h"
#include "service/watch/shared_text.h"
#include "service/watch/view_filter.h"

namespace muster::service {

// Groups the hosts of one run for one watcher, who owns it, from all events of the run in order.
// Two outputs are the same when their SHA-256 and lengths are. Not thread-safe.
//
// It holds, of each host that is under way and each group not yet taken, the first 64 KiB of each
// stream, once where hosts write the same, as far as `texts` has room for all views together:
// beyond it a group comes without its content. Of a group that was taken it holds some 200 bytes,
// whatever it is. So take what there is before adding more.
class FoldedView {
 public:
  static constexpr size_t kMaxTextBytes = 64 * 1024;
  // Usual limit of `texts`.
  static constexpr size_t kTextBudgetBytes = 64 << 20;

  FoldedView(ViewFilter filter, TextBudget* texts);

  // The next events, encoded as event_block.h says. DATA_LOSS: malformed.
  absl::Status Add(absl::string_view block);

  // There is nothing to take.
  bool empty() const { return changed_.empty(); }
  // Adds groups that are new or have new hosts to `response`, each once, until they have some
  // `max_bytes`; at least one where there is one.
  void Take(size_t max_bytes, v1::WatchRunResponse* response);

 private:
  enum Stream { kStdout, kStderr, kStreams };

  // Of one stream of a host that has not ended.
  struct Output {
    TextCursor text;
    OutputDigest digest;
    uint64_t bytes = 0;
    uint64_t omitted = 0;
  };
  using Outputs = std::array<Output, kStreams>;

  struct Group {
    std::vector<uint32_t> joined;  // since it was taken
    // Until it is taken first: all but its hosts and its content.
    std::unique_ptr<v1::OutputGroup> head;
    std::array<TextCursor, kStreams> texts;
  };

  void AddOutput(const ScannedEvent& event);
  void AddOmitted(const v1::OutputOmitted& omitted);
  void Finish(const v1::HostFinished& finished);
  Outputs& OutputsOf(uint32_t host);
  Group NewGroup(const v1::HostOutcome& outcome, Outputs* outputs) const;
  v1::OutputGroup TakeGroup(uint32_t number);

  const ViewFilter filter_;
  // All hosts begin there.
  const std::array<std::shared_ptr<SharedText>, kStreams> beginnings_;
  absl::flat_hash_map<uint32_t, std::unique_ptr<Outputs>> running_;
  absl::flat_hash_map<std::string, uint32_t> numbers_;  // of groups, by what they have in common
  std::vector<Group> groups_;                           // number 1 first
  std::deque<uint32_t> changed_;                        // numbers; each once
};

}  // namespace muster::service

#endif  // SERVICE_WATCH_FOLDED_VIEW_H_
