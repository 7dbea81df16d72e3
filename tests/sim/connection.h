// One conversation with a client, as the host that it has connected to.
#ifndef TESTS_SIM_CONNECTION_H_
#define TESTS_SIM_CONNECTION_H_

#include <cstdint>
#include <memory>
#include <string>

#include "ssh_engine/base/unique_fd.h"
#include "ssh_engine/loop/event_loop.h"
#include "tests/sim/authentication.h"
#include "tests/sim/behaviour.h"
#include "tests/sim/buffers.h"
#include "tests/sim/channels.h"
#include "tests/sim/host_keys.h"
#include "tests/sim/link.h"
#include "tests/sim/statistics.h"
#include "tests/sim/transport.h"

namespace muster::sim {

// What the connections of a thread share; outlives them.
struct Surroundings {
  engine::EventLoop* loop;
  Buffers* buffers;
  KeyExchange* key_exchange;
  const HostKeys* host_keys;
  Statistics* statistics;
  bool verify;
};

class Connection;

// Who owns a connection.
class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  // The conversation has ended. Called once, from within the connection: destroy it later.
  virtual void OnEnd(Connection* connection) = 0;
};

// Loop-confined.
class Connection final : private Link::Handler, private Transport::Handler, private ChannelHost {
 public:
  // All but `fd` outlive it.
  Connection(const Surroundings& surroundings, UniqueFd fd, Address address,
             const Behaviour& behaviour, ConnectionOwner* owner);
  ~Connection() override;

  void Start();

 private:
  // Link::Handler
  size_t OnBytes(char* data, size_t size) override;
  void OnRoom() override;
  void OnClosed() override { End(); }

  // Transport::Handler and ChannelHost
  bool Ends(Phase phase) override;
  bool listening() const override { return link_.open() && !silent_; }
  std::string* out() override { return link_.out(); }
  void OnHandshake() override { ++surroundings_.statistics->handshakes; }
  void OnMessage(uint8_t type, WireReader* fields) override;
  void OnDisconnect() override;
  bool Congested() override { return link_.Congested(); }
  void Drop() override;
  void OnWake() override;
  void OnCommandEnd() override;
  uint64_t* commands() override { return &commands_; }
  MessageSender* sender() override { return &transport_; }
  engine::EventLoop* loop() override { return surroundings_.loop; }
  const Behaviour& behaviour() const override { return behaviour_; }
  Address address() const override { return address_; }
  Statistics* statistics() override { return surroundings_.statistics; }

  void OnServiceRequest(WireReader* fields);
  void AfterUserauth(Authentication::Result result);
  void OnGlobalRequest(WireReader* fields);
  void OnConnectionMessage(uint8_t type, WireReader* fields);
  void SendNonsense();
  void LeaveThrottle();
  void End();

  const Surroundings& surroundings_;
  const Address address_;
  const Behaviour& behaviour_;
  ConnectionOwner* const owner_;

  Link link_;
  Transport transport_;
  Authentication authentication_;
  Channels channels_;
  std::unique_ptr<engine::Timer> idle_timer_;  // made when first needed
  bool silent_ = false;                        // takes no notice of anything any more
  bool logged_in_ = false;
  bool ended_ = false;
  bool throttled_;  // counts in the rule's throttle
  uint64_t commands_ = 0;
  uint64_t commands_ended_ = 0;
};

}  // namespace muster::sim

#endif  // TESTS_SIM_CONNECTION_H_
