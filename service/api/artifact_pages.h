// The artifacts of a caller, page by page.
#ifndef SERVICE_API_ARTIFACT_PAGES_H_
#define SERVICE_API_ARTIFACT_PAGES_H_

#include "absl/status/status.h"
#include "muster/v1/artifact_service.pb.h"
#include "service/access/caller.h"
#include "service/artifacts/artifact_store.h"

namespace muster::service {

// Answers ListArtifacts; errors as it documents them. Blocks.
absl::Status FillArtifacts(const ArtifactStore& store, const Caller& caller,
                           const v1::ListArtifactsRequest& request,
                           v1::ListArtifactsResponse* response);

}  // namespace muster::service

#endif  // SERVICE_API_ARTIFACT_PAGES_H_
