// Which run is meant.
#ifndef CLIENT_COMMANDS_RUN_IDS_H_
#define CLIENT_COMMANDS_RUN_IDS_H_

#include <string>

#include "absl/status/statusor.h"
#include "client/library/muster_client.h"

namespace muster::client {

// The id of the run that a word means: "last" is the caller's newest, a beginning of at least four
// characters that only one id has is that one; other words are taken for ids as they are.
// NOT_FOUND: there is none; INVALID_ARGUMENT: several begin so, or it is too short. `unix`: the
// daemon is reached over its unix socket, where callers see the runs of others, too.
absl::StatusOr<std::string> ResolveRunId(const std::string& word, bool unix, MusterClient* client);

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_RUN_IDS_H_
