#include "client/library/host_results.h"

#include <iterator>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "proto/nodeset/node_set.h"

namespace muster::client {

absl::StatusOr<std::vector<v1::HostResult>> AllResults(MusterClient* client,
                                                       const std::string& run_id) {
  std::vector<v1::HostResult> results;
  v1::ListHostResultsRequest request;
  request.set_run_id(run_id);
  request.set_page_size(10'000);
  do {
    absl::StatusOr<v1::ListHostResultsResponse> page = client->ListHostResults(request);
    if (!page.ok()) return page.status();
    std::move(page->mutable_results()->begin(), page->mutable_results()->end(),
              std::back_inserter(results));
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return results;
}

absl::StatusOr<std::vector<uint32_t>> IndexesOf(const std::string& set,
                                                const std::vector<v1::HostResult>& results) {
  absl::flat_hash_map<std::string, uint32_t> index_of;  // by the name in lower case
  for (const v1::HostResult& result : results) {
    index_of[absl::AsciiStrToLower(result.host().name())] = result.host_index();
  }
  // A name from an inventory may look like an expression.
  const auto whole = index_of.find(absl::AsciiStrToLower(set));
  if (whole != index_of.end()) return std::vector<uint32_t>{whole->second};
  const absl::StatusOr<std::vector<Target>> targets = ParseNodeSet(set);
  if (!targets.ok()) return targets.status();
  std::vector<uint32_t> indexes;
  for (const Target& target : *targets) {
    const auto it = index_of.find(absl::AsciiStrToLower(FormatTarget(target)));
    if (it == index_of.end()) {
      return absl::NotFoundError(absl::StrCat("the run has no host \"", FormatTarget(target),
                                              "\"; muster show --each names them"));
    }
    indexes.push_back(it->second);
  }
  return indexes;
}

}  // namespace muster::client
