// What the hosts of one run on one loop share.
#ifndef SSH_ENGINE_RUN_RUN_CONTEXT_H_
#define SSH_ENGINE_RUN_RUN_CONTEXT_H_

#include <random>

#include "ssh_engine/action/action_context.h"
#include "ssh_engine/dial/dial_context.h"
#include "ssh_engine/jump/jump_connector.h"
#include "ssh_engine/pool/session_pool.h"

namespace muster::engine {

// Outlives the hosts' tasks. Loop-confined.
struct RunContext {
  ActionContext action;
  DialContext dial;  // without an Access, by the direct way: each host's is made from it
  SessionPool* pool = nullptr;
  JumpLinks* links = nullptr;
  std::minstd_rand random;  // of retries
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_RUN_RUN_CONTEXT_H_
