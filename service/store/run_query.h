// Which runs a query means.
#ifndef SERVICE_STORE_RUN_QUERY_H_
#define SERVICE_STORE_RUN_QUERY_H_

#include "absl/time/time.h"
#include "muster/v1/run.pb.h"
#include "service/store/run_store.h"

namespace muster::service {

absl::Time CreateTime(const v1::Run& run);

// Whether `run` fits all of `query` but `before` and its limits. `command_contains` is looked for
// in the shell line, or in the arguments joined by blanks; upper and lower case differ.
bool Matches(const v1::Run& run, const RunQuery& query);

}  // namespace muster::service

#endif  // SERVICE_STORE_RUN_QUERY_H_
