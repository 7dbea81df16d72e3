// One thread's listener and connections.
#ifndef TESTS_SIM_SERVER_H_
#define TESTS_SIM_SERVER_H_

#include <memory>
#include <random>

#include "absl/container/flat_hash_map.h"
#include "ssh_engine/base/unique_fd.h"
#include "ssh_engine/loop/event_loop.h"
#include "tests/sim/buffers.h"
#include "tests/sim/connection.h"
#include "tests/sim/host_keys.h"
#include "tests/sim/keys.h"
#include "tests/sim/rules.h"
#include "tests/sim/statistics.h"

namespace muster::sim {

// What all servers share; outlives them. Constant, or synchronised by itself.
struct World {
  const Rules* rules;
  const HostKeys* host_keys;
  Statistics* statistics;
  bool verify;
};

// Accepts on one listener. Owned by its thread; destroyed before the loop, in the loop's thread.
class Server final : public ConnectionOwner {
 public:
  Server(engine::EventLoop* loop, UniqueFd listener, const World& world);
  ~Server() override;

 private:
  void OnReadable();
  void Accept(UniqueFd fd, Address address);
  void Pause();
  void OnEnd(Connection* connection) override;

  const World world_;
  engine::EventLoop* const loop_;
  Buffers buffers_;
  KeyExchange key_exchange_;
  const Surroundings surroundings_;
  std::minstd_rand dice_;  // reproducible
  absl::flat_hash_map<Connection*, std::unique_ptr<Connection>> connections_;
  const UniqueFd listener_;
  const std::unique_ptr<engine::FdWatch> watch_;
  const std::unique_ptr<engine::Timer> resume_;
};

}  // namespace muster::sim

#endif  // TESTS_SIM_SERVER_H_
