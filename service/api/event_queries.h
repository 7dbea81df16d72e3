// A run's log, page by page from its end.
#ifndef SERVICE_API_EVENT_QUERIES_H_
#define SERVICE_API_EVENT_QUERIES_H_

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "muster/v1/run_service.pb.h"
#include "service/access/caller.h"
#include "service/runs/runs.h"
#include "service/store/run_store.h"

namespace muster::service {

// How long a call goes through a log before it answers with what it has; an event is searched to
// its end (LineSearch::kMaxExpressionBytes).
constexpr absl::Duration kSearchTime = absl::Seconds(2);

// Answers ListEvents; errors as it documents them. CANCELLED once the caller waits no more, by
// `waits`. Looks at one event at least, whatever the time. Blocks; LogRewind says what it costs.
absl::Status FillEvents(const Runs& runs, const RunStore& store, const Caller& caller,
                        const v1::ListEventsRequest& request, absl::FunctionRef<bool()> waits,
                        v1::ListEventsResponse* response, absl::Duration time = kSearchTime);

}  // namespace muster::service

#endif  // SERVICE_API_EVENT_QUERIES_H_
