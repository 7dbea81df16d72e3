// From muster's command line to the user that commands run as.
#ifndef CLIENT_OPTIONS_BECOME_OPTIONS_H_
#define CLIENT_OPTIONS_BECOME_OPTIONS_H_

#include <string>

#include "absl/status/status.h"
#include "client/options/options.h"
#include "muster/v1/run.pb.h"

namespace muster::client {

// Sets RunSpec.become where that is asked for. `password`: as it was read; "": none.
// INVALID_ARGUMENT says which option counts for nothing.
absl::Status FillBecome(const BecomeOptions& options, const std::string& password,
                        v1::RunSpec* spec);

}  // namespace muster::client

#endif  // CLIENT_OPTIONS_BECOME_OPTIONS_H_
