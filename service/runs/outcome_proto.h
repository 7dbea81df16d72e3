// The engine's outcomes as the contract has them.
#ifndef SERVICE_RUNS_OUTCOME_PROTO_H_
#define SERVICE_RUNS_OUTCOME_PROTO_H_

#include <string>
#include <vector>

#include "muster/v1/host.pb.h"
#include "ssh_engine/outcome.h"

namespace muster::service {

// The numbers are the same by contract (outcome.h).
inline v1::HostState ProtoOf(engine::HostState state) { return static_cast<v1::HostState>(state); }
// `hidden_paths`: files that the message may name, but not their folders (WithoutFolders).
v1::HostOutcome ProtoOf(const engine::HostOutcome& outcome,
                        const std::vector<std::string>& hidden_paths = {});

}  // namespace muster::service

#endif  // SERVICE_RUNS_OUTCOME_PROTO_H_
