// Which states are the end of a host or a run.
#ifndef PROTO_CONTRACT_STATES_H_
#define PROTO_CONTRACT_STATES_H_

#include "muster/v1/host.pb.h"
#include "muster/v1/run.pb.h"

namespace muster {

// From here on; also of states that a later version of the contract adds (host.proto, run.proto).
inline constexpr int kFirstTerminalState = 64;

inline bool IsTerminal(v1::HostState state) { return state >= kFirstTerminalState; }
inline bool IsTerminal(v1::RunState state) { return state >= kFirstTerminalState; }

}  // namespace muster

#endif  // PROTO_CONTRACT_STATES_H_
