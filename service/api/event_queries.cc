#include "service/api/event_queries.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "proto/contract/error_details.h"
#include "proto/contract/limits.h"
#include "proto/contract/page_bytes.h"
#include "service/api/page_token.h"
#include "service/events/event_scan.h"
#include "service/log/line_search.h"
#include "service/log/log_rewind.h"

namespace muster::service {
namespace {

using Clock = std::chrono::steady_clock;  // nobody sets it

constexpr uint32_t kDefaultPage = 100;
constexpr uint32_t kMaxPage = 10'000;

// What is known of a run without a copy of it.
uint64_t NewestOf(const RunRef& run) {
  return run.live != nullptr ? run.live->log()->last_sequence() : run.stored.last_sequence();
}

uint64_t HostsOf(const RunRef& run) {
  return run.live != nullptr ? run.live->host_count() : run.stored.host_count();
}

absl::Status CheckHosts(const v1::ListEventsRequest& request, uint64_t hosts) {
  for (const uint32_t host : request.host_indexes()) {
    if (host < hosts) continue;
    return FieldError({{"host_indexes", absl::StrCat(host, "; the run has ", hosts, " hosts")}});
  }
  return absl::OkStatus();
}

absl::StatusOr<absl::optional<LineSearch>> SearchOf(const v1::ListEventsRequest& request) {
  if (request.pattern().empty()) return absl::optional<LineSearch>();
  absl::StatusOr<LineSearch> search =
      LineSearch::Make(request.pattern(), request.pattern_is_regex());
  if (!search.ok()) return FieldError({{"pattern", std::string(search.status().message())}});
  return absl::make_optional(*std::move(search));
}

// The event that the page begins with, or one before it.
absl::StatusOr<uint64_t> FirstOf(const v1::ListEventsRequest& request, uint64_t newest) {
  const absl::StatusOr<std::string> place = ReadPageToken(request);
  if (!place.ok()) return place.status();
  if (place->empty()) return newest;
  uint64_t first = 0;
  if (!absl::SimpleAtoi(*place, &first)) return BadPageToken();
  return std::min(first, newest);
}

// Points into a part of the log that lives longer.
struct Candidate {
  uint64_t sequence;
  absl::string_view encoded;
  absl::string_view data;  // of an output
};

// Fills one page from parts of the log.
class EventPage {
 public:
  EventPage(const v1::ListEventsRequest& request, absl::optional<LineSearch> search,
            v1::ListEventsResponse* response)
      : hosts_(request.host_indexes().begin(), request.host_indexes().end()),
        search_(std::move(search)),
        size_(request.page_size() == 0 ? kDefaultPage : std::min(request.page_size(), kMaxPage)),
        response_(response) {}

  // The events of a part that are looked at closer. DATA_LOSS as ScanEvents.
  absl::StatusOr<std::vector<Candidate>> Choose(absl::string_view part, uint64_t first) const {
    std::vector<Candidate> chosen;
    uint64_t sequence = first;
    const absl::Status status = ScanEvents(part, [&](const ScannedEvent& event) {
      if (Wants(event)) chosen.push_back({sequence, event.encoded, event.data});
      ++sequence;
    });
    if (!status.ok()) return status;
    return chosen;
  }

  // Adds what the page is to have of an event. False: nothing, as it has no room.
  bool Add(const Candidate& event) {
    if (!search_.has_value()) return AddWhole(event);
    LineSearch::Found found = search_->Find(event.data);
    if (found.lines.empty()) return true;
    if (!AddWhole(event)) return false;
    v1::HostOutput* const output = Last()->mutable_output();
    output->set_data(std::move(found.lines));
    // They are about the last line.
    output->set_unterminated(found.last && output->unterminated());
    output->set_split(found.last && output->split());
    return true;
  }

  bool full() const { return static_cast<uint32_t>(response_->events_size()) >= size_; }
  bool empty() const { return response_->events_size() == 0; }

 private:
  bool Wants(const ScannedEvent& event) const {
    if (search_.has_value() && !event.is_output) return false;
    if (hosts_.empty()) return true;
    const absl::optional<uint32_t> host = HostOf(event);
    return host.has_value() && hosts_.contains(*host);
  }

  bool AddWhole(const Candidate& event) {
    if (!empty() && bytes_ + event.encoded.size() > kMaxPageBytes) return false;
    bytes_ += event.encoded.size();
    response_->MergeFromString(std::string(event.encoded));  // it is `Event events = 1`
    return true;
  }

  v1::Event* Last() { return response_->mutable_events(response_->events_size() - 1); }

  const absl::flat_hash_set<uint32_t> hosts_;  // empty: all
  const absl::optional<LineSearch> search_;
  const uint32_t size_;
  v1::ListEventsResponse* const response_;
  size_t bytes_ = kPageRestBytes;  // events as in the log: a little more than what is left of them
};

// Goes back until the page is full, the time is over, or all was seen.
class PageReader {
 public:
  PageReader(LogRewind* log, EventPage* page, absl::FunctionRef<bool()> waits, absl::Duration time)
      : log_(log),
        page_(page),
        waits_(waits),
        end_(Clock::now() + absl::ToChronoNanoseconds(time)) {}

  // Where the next page begins; 0: there is none.
  absl::StatusOr<uint64_t> Read() {
    while (log_->last() > 0) {
      const uint64_t newest = log_->last();
      const absl::StatusOr<std::string> part = log_->Read();
      // What was found is not lost with what cannot be read: the next page tells of that.
      if (!part.ok()) return page_->empty() ? part.status() : absl::StatusOr<uint64_t>(newest);
      absl::StatusOr<uint64_t> stop = ReadPart(*part);
      if (!stop.ok() || *stop > 0) return stop;
      if (!waits_()) return absl::CancelledError("the caller has left");
      if (Over()) return log_->last();
    }
    return 0;
  }

 private:
  // The newest first. As Read; 0: go on before the part.
  absl::StatusOr<uint64_t> ReadPart(absl::string_view part) {
    const absl::StatusOr<std::vector<Candidate>> events = page_->Choose(part, log_->last() + 1);
    if (!events.ok()) return events.status();
    for (auto event = events->rbegin(); event != events->rend(); ++event) {
      if (!page_->Add(*event)) return event->sequence;
      if (Over()) return event->sequence - 1;
    }
    return 0;
  }

  bool Over() const { return page_->full() || Clock::now() >= end_; }

  LogRewind* const log_;
  EventPage* const page_;
  absl::FunctionRef<bool()> waits_;
  const Clock::time_point end_;
};

}  // namespace

absl::Status FillEvents(const Runs& runs, const RunStore& store, const Caller& caller,
                        const v1::ListEventsRequest& request, absl::FunctionRef<bool()> waits,
                        v1::ListEventsResponse* response, absl::Duration time) {
  const absl::StatusOr<RunRef> run = runs.FindFor(caller, request.run_id());
  if (!run.ok()) return run.status();
  const absl::Status hosts = CheckHosts(request, HostsOf(*run));
  if (!hosts.ok()) return hosts;
  absl::StatusOr<absl::optional<LineSearch>> search = SearchOf(request);
  if (!search.ok()) return search.status();
  const absl::StatusOr<uint64_t> first = FirstOf(request, NewestOf(*run));
  if (!first.ok()) return first.status();
  LogRewind log(&store, run->id(), *first);
  EventPage page(request, *std::move(search), response);
  const absl::StatusOr<uint64_t> next = PageReader(&log, &page, waits, time).Read();
  if (!next.ok()) return next.status();
  if (*next > 0) response->set_next_page_token(MakePageToken(request, absl::StrCat(*next)));
  return absl::OkStatus();
}

}  // namespace muster::service
