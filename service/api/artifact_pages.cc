#include "service/api/artifact_pages.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/contract/limits.h"
#include "proto/contract/page_bytes.h"
#include "service/api/page_token.h"

namespace muster::service {
namespace {

constexpr uint32_t kDefaultPage = 1000;
constexpr uint32_t kMaxPage = 10'000;

}  // namespace

// A token's place is the last name of the page before.
absl::Status FillArtifacts(const ArtifactStore& store, const Caller& caller,
                           const v1::ListArtifactsRequest& request,
                           v1::ListArtifactsResponse* response) {
  const absl::StatusOr<std::string> after = ReadPageToken(request);
  if (!after.ok()) return after.status();
  const size_t size =
      request.page_size() == 0 ? kDefaultPage : std::min(request.page_size(), kMaxPage);
  std::vector<v1::Artifact> found = store.List(caller.Text(), *after, size + 1);
  size_t bytes = kPageRestBytes + kMaxArtifactNameBytes;
  std::string last;
  for (v1::Artifact& artifact : found) {
    bytes += BytesInPage(artifact);
    const size_t count = static_cast<size_t>(response->artifacts_size());
    if (count == size || (bytes > kMaxPageBytes && count > 0)) {
      response->set_next_page_token(MakePageToken(request, last));
      return absl::OkStatus();
    }
    last = artifact.name();
    *response->add_artifacts() = std::move(artifact);
  }
  return absl::OkStatus();
}

}  // namespace muster::service
