// A connection to a jump host, and those that it carries.
#ifndef SSH_ENGINE_JUMP_JUMP_LINK_H_
#define SSH_ENGINE_JUMP_JUMP_LINK_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "ssh_engine/base/lifetime.h"
#include "ssh_engine/base/unique_fd.h"
#include "ssh_engine/loop/event_loop.h"
#include "ssh_engine/net/connector.h"
#include "ssh_engine/transport/session.h"

namespace muster::engine {

// Each connection is a tunnel (direct-tcpip) between the jump host's server and one end of a pair
// of sockets; who connects has the other end, and cannot tell it from a connection of its own.
//
// Bytes go through at the pace of the slower side: from us, as the server's window has room; to us,
// what a socket does not take is kept, and past kMostHeld of all tunnels nothing more is read from
// the jump host. Loop-confined.
class JumpLink final : public SessionUser {
 public:
  // sshd keeps a descriptor for each, of the 1024 that it mostly has.
  static constexpr size_t kMaxTunnels = 256;
  static constexpr size_t kMostHeld = 4 << 20;

  // `name` is for messages. `session` is logged in.
  JumpLink(EventLoop* loop, std::string name, std::unique_ptr<Session> session,
           const KeepAlive& keep_alive);
  // Ends its connections.
  ~JumpLink() override;
  JumpLink(const JumpLink&) = delete;
  JumpLink& operator=(const JumpLink&) = delete;

  // As Connector's. Destroying the attempt gives it up, at any time.
  std::unique_ptr<Connector::Attempt> Connect(const std::string& host, uint16_t port,
                                              Connector::Callback callback);

  // Of those who are connected by it.
  const Way& way() const { return *way_; }
  // Whether it lives and may carry one more.
  bool HasRoom() const { return !lost() && tunnels_.size() < kMaxTunnels; }
  bool lost() const { return way_->lost; }
  size_t tunnels() const { return tunnels_.size(); }
  // Since when there is the link, and since when it has carried none; EventLoop::Now's.
  absl::Duration since() const { return since_; }
  absl::Time expires() const { return session_->expires(); }  // Session's
  absl::Duration unused_since() const { return unused_since_; }

  void OnSessionReady() override;

 private:
  class LinkAttempt;
  struct Tunnel;
  static std::shared_ptr<Way> WayBy(Session* session);
  using TunnelIt = std::list<Tunnel>::iterator;

  // Looks after all tunnels, at the end of the iteration.
  void Wake();
  void Settle();
  // False: it has ended.
  bool Advance(Tunnel* tunnel);
  bool AdvanceOpening(Tunnel* tunnel);
  bool Connected(Tunnel* tunnel);
  void Answer(Tunnel* tunnel, ConnectResult result);
  void OnSocketReady(Tunnel* tunnel);
  // False: our side is closed.
  bool Forward(Tunnel* tunnel);
  size_t RoomFor(const Tunnel& tunnel);
  void Write(Tunnel* tunnel, absl::string_view bytes);
  bool Broken() const;
  void Hold(Tunnel* tunnel, absl::string_view bytes);
  void FlushHeld(Tunnel* tunnel);
  void Lose();
  void UpdateInterest();

  EventLoop* const loop_;
  const std::string name_;
  const std::unique_ptr<Session> session_;
  std::list<Tunnel> tunnels_;       // destroyed before the session
  size_t held_ = 0;                 // bytes, of all tunnels
  const std::shared_ptr<Way> way_;  // told to those whom it connects
  bool awake_ = false;
  const absl::Duration since_;
  absl::Duration unused_since_;
  Lifetime lifetime_;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_JUMP_JUMP_LINK_H_
