// From muster's command line to a run's rollout.
#ifndef CLIENT_OPTIONS_ROLLOUT_OPTIONS_H_
#define CLIENT_OPTIONS_ROLLOUT_OPTIONS_H_

#include "absl/status/status.h"
#include "client/options/options.h"
#include "muster/v1/run.pb.h"

namespace muster::client {

// INVALID_ARGUMENT says which option is wrong and why.
absl::Status FillRollout(const RolloutOptions& options, v1::Rollout* rollout);

}  // namespace muster::client

#endif  // CLIENT_OPTIONS_ROLLOUT_OPTIONS_H_
