// From muster's command line to a run's specification.
#ifndef CLIENT_OPTIONS_LOGIN_OPTIONS_H_
#define CLIENT_OPTIONS_LOGIN_OPTIONS_H_

#include <string>

#include "absl/status/statusor.h"
#include "client/library/server_address.h"
#include "client/options/options.h"
#include "client/options/own_login.h"
#include "muster/v1/run.pb.h"
#include "muster/v1/run_service.pb.h"
#include "muster/v1/target_service.pb.h"

namespace muster::client {

// Whether an option says how to log in.
bool GivesLogin(const Options& options);

// INVALID_ARGUMENT says which option is wrong and why; among others, key files for a daemon on the
// network. Reads the environment ($HOME, $SSH_AUTH_SOCK) and looks which files exist.
absl::StatusOr<v1::RunSpec> MakeRunSpec(const Options& options, const ServerAddress& server,
                                        const LoginSecrets& secrets);
// Without options about the login, the run's own is asked for.
absl::StatusOr<v1::RerunHostsRequest> MakeRerunRequest(const Options& options,
                                                       const ServerAddress& server,
                                                       const LoginSecrets& secrets);
// What a run would log in as, but for secrets.
absl::StatusOr<v1::ResolveTargetsRequest> MakeResolveRequest(const Options& options,
                                                             const ServerAddress& server);
// Reads what -t, -x and -I have to be read by the caller for (standard input, pipes). May block.
absl::StatusOr<v1::TargetSpec> MakeTargetSpec(const Options& options, const ServerAddress& server);

}  // namespace muster::client

#endif  // CLIENT_OPTIONS_LOGIN_OPTIONS_H_
