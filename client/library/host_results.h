// The hosts of a run, all of them.
#ifndef CLIENT_LIBRARY_HOST_RESULTS_H_
#define CLIENT_LIBRARY_HOST_RESULTS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/library/muster_client.h"

namespace muster::client {

// All pages.
absl::StatusOr<std::vector<v1::HostResult>> AllResults(MusterClient* client,
                                                       const std::string& run_id);

// The indexes of the hosts that `set` names in ClusterShell's notation, as the run names them.
// Empty for an empty set. INVALID_ARGUMENT: malformed; NOT_FOUND: one of them is no host of the
// run.
absl::StatusOr<std::vector<uint32_t>> IndexesOf(const std::string& set,
                                                const std::vector<v1::HostResult>& results);

}  // namespace muster::client

#endif  // CLIENT_LIBRARY_HOST_RESULTS_H_
