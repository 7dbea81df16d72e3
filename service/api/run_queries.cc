#include "service/api/run_queries.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "proto/contract/limits.h"
#include "proto/contract/page_bytes.h"
#include "proto/contract/times.h"
#include "service/api/page_token.h"

namespace muster::service {
namespace {

constexpr uint32_t kDefaultRunsPage = 50;
constexpr uint32_t kMaxRunsPage = 1000;
constexpr uint32_t kDefaultHostsPage = 1000;
constexpr uint32_t kMaxHostsPage = 10'000;

uint32_t PageSize(uint32_t asked, uint32_t otherwise, uint32_t most) {
  return asked == 0 ? otherwise : std::min(asked, most);
}

// But for its creator, which depends on who asks.
absl::StatusOr<RunQuery> QueryOf(const v1::ListRunsRequest& request) {
  RunQuery query;
  const absl::StatusOr<std::string> place = ReadPageToken(request);
  if (!place.ok()) return place.status();
  if (!place->empty() && !absl::SimpleAtoi(*place, &query.before)) return BadPageToken();
  query.id_prefix = request.id_prefix();
  for (const int state : request.states()) query.states.push_back(static_cast<v1::RunState>(state));
  query.labels.insert(request.labels().begin(), request.labels().end());
  query.command_contains = request.command_contains();
  if (request.has_created_after()) query.created_after = TimeOf(request.created_after());
  if (request.has_created_before()) query.created_before = TimeOf(request.created_before());
  query.limit = PageSize(request.page_size(), kDefaultRunsPage, kMaxRunsPage);
  return query;
}

absl::StatusOr<std::vector<v1::HostResult>> ResultsOf(const RunRef& run, const RunStore& store,
                                                      const v1::ListHostResultsRequest& request,
                                                      uint32_t first, uint32_t size) {
  if (run.live == nullptr) {
    std::vector<v1::HostState> states;
    for (const int state : request.states()) states.push_back(static_cast<v1::HostState>(state));
    return store.Results(run.id(), first, size, states);
  }
  std::vector<v1::HostResult> results;
  run.live->Results(first, size, {request.states().begin(), request.states().end()}, &results);
  return results;
}

// As many as a page takes; there may be more where there are `size`.
void AddPage(const v1::ListHostResultsRequest& request, std::vector<v1::HostResult> results,
             uint32_t size, v1::ListHostResultsResponse* response) {
  const auto from = [&](uint32_t host) { return MakePageToken(request, absl::StrCat(host)); };
  size_t bytes = kPageRestBytes;
  for (v1::HostResult& result : results) {
    bytes += BytesInPage(result);
    if (bytes > kMaxPageBytes && response->results_size() > 0) {
      return response->set_next_page_token(from(result.host_index()));
    }
    *response->add_results() = std::move(result);
  }
  if (results.size() < size) return;
  const auto& last = response->results(response->results_size() - 1);
  response->set_next_page_token(from(last.host_index() + 1));
}

}  // namespace

absl::Status FillRuns(const Runs& runs, const Caller& caller, const v1::ListRunsRequest& request,
                      v1::ListRunsResponse* response) {
  absl::StatusOr<RunQuery> query = QueryOf(request);
  if (!query.ok()) return query.status();
  query->creator = request.creator();
  if (!caller.local()) {
    if (!query->creator.empty() && query->creator != caller.Text()) return absl::OkStatus();
    query->creator = caller.Text();
  }
  absl::StatusOr<Runs::Page> page = runs.List(*query);
  if (!page.ok()) return page.status();
  if (page->more) response->set_next_page_token(MakePageToken(request, absl::StrCat(page->last)));
  for (v1::Run& run : page->runs) *response->add_runs() = std::move(run);
  return absl::OkStatus();
}

absl::Status FillResults(const Runs& runs, const RunStore& store, const Caller& caller,
                         const v1::ListHostResultsRequest& request,
                         v1::ListHostResultsResponse* response) {
  const absl::StatusOr<RunRef> run = runs.FindFor(caller, request.run_id());
  if (!run.ok()) return run.status();
  uint32_t first = 0;
  const absl::StatusOr<std::string> place = ReadPageToken(request);
  if (!place.ok()) return place.status();
  if (!place->empty() && !absl::SimpleAtoi(*place, &first)) return BadPageToken();
  const uint32_t size = PageSize(request.page_size(), kDefaultHostsPage, kMaxHostsPage);
  absl::StatusOr<std::vector<v1::HostResult>> results =
      ResultsOf(*run, store, request, first, size);
  if (!results.ok()) return results.status();
  AddPage(request, *std::move(results), size, response);
  return absl::OkStatus();
}

}  // namespace muster::service
