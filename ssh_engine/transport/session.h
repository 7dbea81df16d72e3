// A connection that is logged in, with what its next user needs.
#ifndef SSH_ENGINE_TRANSPORT_SESSION_H_
#define SSH_ENGINE_TRANSPORT_SESSION_H_

#include <cstdint>
#include <memory>
#include <utility>

#include "absl/time/time.h"
#include "ssh_engine/connect_options.h"
#include "ssh_engine/loop/event_loop.h"
#include "ssh_engine/net/connector.h"
#include "ssh_engine/transport/ssh_transport.h"

namespace muster::engine {

// Who has a session now.
class SessionUser {
 public:
  virtual ~SessionUser() = default;
  // The session's descriptor is ready. May destroy the session.
  virtual void OnSessionReady() = 0;
};

// Goes from the pool to a host's task and back, and takes its interest in the descriptor along: a
// change of hands costs no system call. Loop-confined; has one owner at a time.
class Session {
 public:
  // `way`: ConnectResult's. `expires`: what it was logged in with, such as a certificate.
  Session(EventLoop* loop, std::shared_ptr<SshTransport> transport, std::shared_ptr<const Way> way,
          absl::Time expires = absl::InfiniteFuture())
      : transport_(std::move(transport)),
        way_(std::move(way)),
        expires_(expires),
        loop_(loop),
        watch_(loop->Watch(transport_->fd(), PriorityOf(false),
                           [this](Readiness) { user_->OnSessionReady(); })) {}
  ~Session() { ForgetIfClosed(); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  SshTransport& transport() { return *transport_; }
  // Null: it goes by no jump hosts.
  const Way* way() const { return way_.get(); }
  // By the wall clock; infinite: never. From then on nobody could make such a session.
  absl::Time expires() const { return expires_; }
  // From now on told of readiness. Must outlive its use of the session.
  void SetUser(SessionUser* user) { user_ = user; }
  // Until the next call; the user is told of a lost connection as of every other one. A server of
  // which nothing is read, or something is about to be, is not asked.
  void SetKeepAlive(const KeepAlive& keep_alive);
  // What the transport waits for; without `read`, it takes nothing in.
  void UpdateInterest(bool read = true) { SetInterest(read, transport_->WantsWrite()); }
  // Whether it always has more to read: then those who have little go first. While it is connected.
  // So they do before who takes long, all the time: a server exchanges keys anew when it likes.
  void SetBulk(bool bulk) {
    if (std::exchange(bulk_, bulk) == bulk) return;
    ForgetIfClosed();
    watch_->SetPriority(PriorityOf(bulk));
  }
  bool bulk() const { return bulk_; }
  // Waits for nothing.
  void Park() { SetInterest(false, false); }

 private:
  void OnAliveTimer();
  void Lose();
  bool HeardNothing();
  // Mostly it stays as it is.
  void SetInterest(bool read, bool write) {
    if (read == read_ && write == write_) return;
    read_ = read;
    write_ = write;
    ForgetIfClosed();
    watch_->SetInterest(read, write);
  }
  // A transport closes its socket when the connection breaks, and the number may be that of a
  // descriptor by now which this loop watches, too.
  void ForgetIfClosed() {
    if (transport_->fd() < 0) watch_->Forget();
  }
  Priority PriorityOf(bool bulk) const {
    return bulk || transport_->TakesLong() ? Priority::kBulk : Priority::kNormal;
  }

  const std::shared_ptr<SshTransport> transport_;
  const std::shared_ptr<const Way> way_;
  const absl::Time expires_;
  EventLoop* const loop_;
  const std::unique_ptr<FdWatch> watch_;  // destroyed first
  SessionUser* user_ = nullptr;
  bool bulk_ = false;
  bool read_ = false;  // what the watch waits for
  bool write_ = false;
  KeepAlive keep_alive_;
  uint64_t heard_ = 0;  // received_bytes, when that was last looked at
  int unanswered_ = 0;
  std::unique_ptr<Timer> alive_timer_;  // null: nothing is asked
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_TRANSPORT_SESSION_H_
