// From muster's command line to requests about runs that exist.
#ifndef CLIENT_COMMANDS_LIST_REQUEST_H_
#define CLIENT_COMMANDS_LIST_REQUEST_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/options/options.h"
#include "muster/v1/run_service.pb.h"

namespace muster::client {

// INVALID_ARGUMENT says which option is wrong and why. Times without a zone are in `zone`.
absl::StatusOr<v1::ListRunsRequest> MakeListRequest(const Options& options, absl::Time now,
                                                    absl::TimeZone zone);

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_LIST_REQUEST_H_
