// What the hosts of one run on one loop share.
#ifndef SSH_ENGINE_POOL_RUN_CONTEXT_H_
#define SSH_ENGINE_POOL_RUN_CONTEXT_H_

#include <cstddef>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ssh_engine/base/helper_pool.h"
#include "ssh_engine/credentials/credential.h"
#include "ssh_engine/job.h"
#include "ssh_engine/loop/event_loop.h"
#include "ssh_engine/loop/reading_gate.h"
#include "ssh_engine/net/connector.h"
#include "ssh_engine/observer.h"
#include "ssh_engine/pool/session_pool.h"
#include "ssh_engine/transport/ssh_transport.h"

namespace muster::engine {

// Outlives the hosts' tasks. Loop-confined.
struct RunContext {
  EventLoop* loop = nullptr;
  Connector* connector = nullptr;
  HelperPool* helpers = nullptr;
  HelperPool* computers = nullptr;  // helpers for what computes for long
  SessionPool* pool = nullptr;
  ReadingGate* reading = nullptr;
  SshTransportFactory new_transport;
  std::shared_ptr<const Job> job;
  std::shared_ptr<const Credential> credential;  // this loop's own copy
  // By way of which jump hosts the connector leads: "ann@gate:22,gate2:22". Empty: none.
  std::string jump_path;
  std::vector<std::shared_ptr<Connector>> way;  // what the connector needs
  LoopObserver* observer = nullptr;
  std::vector<size_t> preferred_identities;  // Login::Enough
  std::minstd_rand random;                   // of retries
};

// A host as messages name it.
inline std::string Endpoint(const Host& host, const RunContext& context) {
  return absl::StrCat(
      host.address, " port ", host.port,
      context.jump_path.empty() ? "" : absl::StrCat(" by way of ", context.jump_path));
}

}  // namespace muster::engine

#endif  // SSH_ENGINE_POOL_RUN_CONTEXT_H_
