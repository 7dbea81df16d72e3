#include "service/watch/watch_views.h"

#include <string>
#include <utility>

#include "service/watch/view_filter.h"

namespace muster::service {
namespace {

constexpr size_t kResponseBytes = 1 << 20;

// WATCH_VIEW_LINES with a filter.
class FilteredEventView final : public EventView {
 public:
  explicit FilteredEventView(ViewFilter filter) : filter_(std::move(filter)) {}

  std::string Feed(absl::string_view events, bool) override {
    std::string response;
    AppendWanted(filter_, events, &response).IgnoreError();  // they are the daemon's own
    return response;
  }

 private:
  const ViewFilter filter_;
};

// WATCH_VIEW_FOLDED. While there is more to read it only takes in, so that hosts that are alike
// come in one group.
class FoldedEventView final : public EventView {
 public:
  FoldedEventView(const v1::WatchRunRequest& request, TextBudget* texts)
      : view_(ViewFilter(request), texts) {}

  std::string Feed(absl::string_view events, bool more) override {
    view_.Add(events).IgnoreError();  // they are the daemon's own
    return more ? "" : Finish();
  }
  std::string Finish() override {
    v1::WatchRunResponse response;
    if (!view_.empty()) view_.Take(kResponseBytes, &response);
    return response.SerializeAsString();
  }
  absl::Duration interval() const override { return absl::Milliseconds(200); }

 private:
  FoldedView view_;
};

}  // namespace

std::unique_ptr<EventView> NewEventView(const v1::WatchRunRequest& request, TextBudget* texts) {
  if (request.view() == v1::WATCH_VIEW_FOLDED) {
    return std::make_unique<FoldedEventView>(request, texts);
  }
  if (request.view() == v1::WATCH_VIEW_SUMMARY) return std::make_unique<SummaryEventView>();
  ViewFilter filter(request);
  if (filter.everything()) return nullptr;
  return std::make_unique<FilteredEventView>(std::move(filter));
}

}  // namespace muster::service
