// What is asked about runs, page by page.
#ifndef SERVICE_API_RUN_QUERIES_H_
#define SERVICE_API_RUN_QUERIES_H_

#include "absl/status/status.h"
#include "muster/v1/run_service.pb.h"
#include "service/access/caller.h"
#include "service/runs/runs.h"
#include "service/store/run_store.h"

namespace muster::service {

// Answers ListRuns; errors as it documents them. Blocks.
absl::Status FillRuns(const Runs& runs, const Caller& caller, const v1::ListRunsRequest& request,
                      v1::ListRunsResponse* response);

// Answers ListHostResults; errors as it documents them. Blocks.
absl::Status FillResults(const Runs& runs, const RunStore& store, const Caller& caller,
                         const v1::ListHostResultsRequest& request,
                         v1::ListHostResultsResponse* response);

}  // namespace muster::service

#endif  // SERVICE_API_RUN_QUERIES_H_
