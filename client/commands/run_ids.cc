#include "client/commands/run_ids.h"

#include <unistd.h>

#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "proto/contract/visible_text.h"

namespace muster::client {
namespace {

constexpr size_t kIdBytes = 13;        // earlier daemons gave them 12
constexpr size_t kMinPrefixBytes = 4;  // a slip of the finger is not to end or repeat a run
constexpr uint32_t kMaxCandidates = 10;

bool IsBeginningOfId(const std::string& word) {
  return !word.empty() && word.size() < kIdBytes &&
         std::all_of(word.begin(), word.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); });
}

// Newest first.
absl::StatusOr<std::vector<std::string>> IdsThatBegin(const std::string& beginning,
                                                      MusterClient* client) {
  v1::ListRunsRequest request;
  request.set_id_prefix(beginning);
  request.set_page_size(kMaxCandidates);
  const absl::StatusOr<v1::ListRunsResponse> response = client->ListRuns(request);
  if (!response.ok()) return response.status();
  std::vector<std::string> ids;
  for (const v1::Run& run : response->runs()) ids.push_back(run.id());
  return ids;
}

absl::StatusOr<std::string> NewestRun(bool unix, MusterClient* client) {
  v1::ListRunsRequest request;
  request.set_page_size(1);
  if (unix) request.set_creator(absl::StrCat("uid:", geteuid()));
  const absl::StatusOr<v1::ListRunsResponse> response = client->ListRuns(request);
  if (!response.ok()) return response.status();
  if (response->runs().empty()) return absl::NotFoundError("last: you have no run here");
  return response->runs(0).id();
}

}  // namespace

absl::StatusOr<std::string> ResolveRunId(const std::string& word, bool unix, MusterClient* client) {
  if (word == "last") return NewestRun(unix, client);
  if (!IsBeginningOfId(word)) return word;
  if (word.size() < kMinPrefixBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("run \"", word, "\": give at least ", kMinPrefixBytes,
                     " characters of its id; muster runs lists them"));
  }
  const absl::StatusOr<std::vector<std::string>> ids = IdsThatBegin(word, client);
  if (!ids.ok()) return ids.status();
  if (ids->size() == 1) return ids->front();
  if (ids->empty()) {
    return absl::NotFoundError(absl::StrCat("there is no run whose id begins with \"", word,
                                            "\", or it has been forgotten"));
  }
  const char* const more = ids->size() == kMaxCandidates ? ", and maybe more" : "";
  return absl::InvalidArgumentError(
      absl::StrCat("run \"", word, "\" may be any of ", Visible(absl::StrJoin(*ids, ", ")), more));
}

}  // namespace muster::client
