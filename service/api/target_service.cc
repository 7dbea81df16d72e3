#include "service/api/target_service.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "proto/contract/limits.h"
#include "proto/contract/page_bytes.h"
#include "service/api/page_token.h"
#include "service/api/raw_call.h"

namespace muster::service {
namespace {

constexpr uint32_t kDefaultPage = 10'000;
constexpr uint32_t kMaxPage = 100'000;

// Of all hosts of `found`, those from `first` on that a page takes. Settings are of those from
// `first` on, as many as one has room for.
void FillPage(const v1::ResolveTargetsRequest& request, int first, v1::ResolveTargetsResponse found,
              v1::ResolveTargetsResponse* response) {
  const uint32_t asked = request.page_size() == 0 ? kDefaultPage : request.page_size();
  const int most = static_cast<int>(std::min(asked, kMaxPage));
  response->set_host_count(static_cast<uint32_t>(found.hosts_size()));
  response->mutable_warnings()->Swap(found.mutable_warnings());
  size_t bytes = response->ByteSizeLong() + kPageRestBytes;
  for (int i = first; i < found.hosts_size(); ++i) {
    const bool has_settings = request.settings() && i - first < found.settings_size();
    bytes += BytesInPage(found.hosts(i));
    if (has_settings) bytes += BytesInPage(found.settings(i - first));
    const bool full = response->hosts_size() == most || has_settings != request.settings() ||
                      (bytes > kMaxPageBytes && response->hosts_size() > 0);
    if (full) return response->set_next_page_token(MakePageToken(request, absl::StrCat(i)));
    *response->add_hosts() = std::move(*found.mutable_hosts(i));
    if (has_settings) *response->add_settings() = std::move(*found.mutable_settings(i - first));
  }
}

absl::Status Look(const RunPreparer& preparer, const Caller& caller,
                  const v1::ResolveTargetsRequest& request, v1::ResolveTargetsResponse* response) {
  int first = 0;
  const absl::StatusOr<std::string> place = ReadPageToken(request);
  if (!place.ok()) return place.status();
  if (!place->empty() && (!absl::SimpleAtoi(*place, &first) || first < 0)) return BadPageToken();
  absl::StatusOr<v1::ResolveTargetsResponse> found =
      preparer.Look(caller, request, static_cast<size_t>(first));
  if (found.ok()) FillPage(request, first, *std::move(found), response);
  return found.status();
}

}  // namespace

grpc::ServerUnaryReactor* TargetService::ResolveTargets(grpc::CallbackServerContext* context,
                                                        const grpc::ByteBuffer* request,
                                                        grpc::ByteBuffer* answer) {
  return AnswerRaw<v1::ResolveTargetsRequest, v1::ResolveTargetsResponse>(
      gate_, CallGate::Lane::kRead, context, request, answer,
      [this](const Caller& caller, const v1::ResolveTargetsRequest& request,
             v1::ResolveTargetsResponse* response) {
        return Look(*preparer_, caller, request, response);
      });
}

}  // namespace muster::service
