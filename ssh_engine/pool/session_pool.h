// The sessions of one loop: which are open, who may open one, and who is next.
#ifndef SSH_ENGINE_POOL_SESSION_POOL_H_
#define SSH_ENGINE_POOL_SESSION_POOL_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <string>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/functional/any_invocable.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "ssh_engine/base/lifetime.h"
#include "ssh_engine/loop/event_loop.h"
#include "ssh_engine/pool/fair_queue.h"
#include "ssh_engine/pool/handshake_limit.h"
#include "ssh_engine/transport/session.h"

namespace muster::engine {

// Callers for whom this is the same may use the same session. A value.
struct SessionKey {
  std::string address;
  uint16_t port = 22;
  std::string user;
  std::string credential;  // Credential::id
  std::string way_id;      // DialContext's
  std::string proxy = "";  // IdOf its own ProxyCommand; empty: none

  // (One field more does not compile before it is here.)
  auto Fields() const {
    const auto& [address_, port_, user_, credential_, way, proxy_] = *this;
    return std::tie(port_, address_, user_, credential_, way, proxy_);
  }
  friend bool operator==(const SessionKey& a, const SessionKey& b) {
    return a.Fields() == b.Fields();
  }
  // Few differ in the jump hosts alone, and none in less than the end of a credential's id, a
  // digest.
  template <typename H>
  friend H AbslHashValue(H h, const SessionKey& key) {
    const absl::string_view id = key.credential;
    return H::combine(std::move(h), key.address, key.port, key.user, key.proxy,
                      id.substr(id.size() - std::min<size_t>(id.size(), 8)));
  }
};

struct SessionLimits {
  // Of the loop, in use or not. One by way of a jump host counts as two, for its descriptors; one
  // by way of a process of its own as kSessionsOfProcess, for the process' memory.
  size_t max_sessions = 1024;
  absl::Duration max_idle = absl::Minutes(10);  // then an unused one is closed
  // Since its login: then it serves nobody any more, and is closed within a minute of its last use.
  // Whom a server would not let in any more is thus served for that long at most. 0: no limit. So
  // it is once Session::expires has come, whatever the limit.
  absl::Duration max_age = absl::ZeroDuration();
};

// Keeps unused sessions open for the next command, and grants leave to make new ones within its
// limits: handshakes in flight (HandshakeLimit), handshakes with one address, sessions with one
// host, sessions in all. One session carries one command at a time, so that a server's MaxSessions
// is never met; further commands on the same host get sessions of their own, up to
// kMaxSessionsOfHost, and then wait for one.
//
// Keep-alive is TCP's (libssh_transport.cc): a peer that is gone is noticed within a minute, one
// that closes at once, and one that hangs when the next command finds no answer, before it starts.
//
// Loop-confined; must outlive its places and tickets.
class SessionPool {
 public:
  static constexpr size_t kMaxSessionsOfHost = 4;
  // Begun in one go: each takes tens of microseconds, for which the loop's others wait.
  static constexpr int kHandshakesATurn = 8;
  // Below sshd's MaxStartups (10:30:100).
  static constexpr int kMaxHandshakesOfAddress = 8;
  // By way of the same jump hosts: their server makes the connections. So of all processes.
  static constexpr int kMaxHandshakesOfWay = 32;
  // 2 MiB: what `ssh -W` has to itself.
  static constexpr size_t kSessionsOfProcess = 32;
  static constexpr absl::Duration kOneCommandMemory = absl::Hours(1);
  // Hosts that NoteOneCommand knows; past it all are forgotten, and noted again.
  static constexpr size_t kMostOneCommand = 4096;

 private:
  struct Demand;

 public:
  // Leave to have one session. It begins with a handshake in flight. Must be destroyed after the
  // session.
  class Place {
   public:
    Place(SessionPool* pool, SessionKey key);
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    // The handshake is over, and went well; `prompt`: HandshakeLimit.
    void OnLoggedIn(bool prompt);
    // The network or the server showed that there are too many handshakes.
    void OnCongestion();

   private:
    friend class SessionPool;
    void EndHandshake();

    SessionPool* const pool_;
    const SessionKey key_;
    const absl::Duration begin_;
    bool in_handshake_ = true;
    absl::optional<std::list<Place*>::iterator> in_flight_;  // while it counts as that
  };

  struct Grant {
    std::unique_ptr<Place> place;
    std::unique_ptr<Session> session;  // null: make one
  };

  struct Request {
    SessionKey key;
    Share share;
    bool fresh = false;  // take none that is there already
    // Whether this caller trusts the host and the way to it as he finds them.
    absl::AnyInvocable<bool(Session&)> trusts;
    // Called once, from the loop, never within Ask.
    absl::AnyInvocable<void(Grant)> on_grant;
  };

  // A request; destroying it withdraws it.
  class Ticket {
   public:
    Ticket(SessionPool* pool, std::shared_ptr<Demand> demand)
        : pool_(pool), demand_(std::move(demand)) {}
    ~Ticket() { pool_->Withdraw(demand_); }
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

   private:
    SessionPool* const pool_;
    const std::shared_ptr<Demand> demand_;
  };

  SessionPool(EventLoop* loop, const SessionLimits& limits);
  ~SessionPool();
  SessionPool(const SessionPool&) = delete;
  SessionPool& operator=(const SessionPool&) = delete;

  std::unique_ptr<Ticket> Ask(Request request);
  // Takes back a session that is fit for another command.
  void Return(std::unique_ptr<Place> place, std::unique_ptr<Session> session);
  // The host's server takes one command on each session: for an hour none of its sessions is kept,
  // so that no command pays for finding that out again.
  void NoteOneCommand(const SessionKey& key);

  size_t sessions() const { return sessions_; }
  size_t idle_sessions() const { return idle_.size(); }

 private:
  // What somebody waits for.
  struct Demand {
    enum class State {
      kQueued,  // in queue_, or in its address' line
      kParked,  // its host has as many sessions as it may
      kReady,   // granted an unused session, to be told
      kDone,    // told, or withdrawn
    };
    Request request;
    State state = State::kQueued;

    bool waits() const { return state == State::kQueued || state == State::kParked; }
  };
  using DemandPtr = std::shared_ptr<Demand>;

  // An unused session.
  struct Idle final : public SessionUser {
    void OnSessionReady() override { pool->OnIdleReady(place_in_list); }

    SessionPool* pool = nullptr;
    std::unique_ptr<Place> place;  // destroyed last
    std::unique_ptr<Session> session;
    absl::Duration since;
    std::list<Idle>::iterator place_in_list;
  };
  using IdleIt = std::list<Idle>::iterator;

  // What there is of one key; kept as long as there is anything.
  struct Host {
    size_t sessions = 0;  // places
    absl::InlinedVector<IdleIt, 1> idle;
    absl::InlinedVector<DemandPtr, 1> demands;  // in the order of asking
  };
  // Of one address, or of one way: handshakes in flight, and who waits for one of them to end.
  struct Line {
    int handshakes = 0;
    std::deque<DemandPtr> waiting;
  };
  // The same address by another way is another host.
  static std::pair<std::string, std::string> AddressOf(const SessionKey& key);
  static size_t WeightOf(const SessionKey& key);

  // Looks, at the end of the iteration, whether somebody may have his turn.
  void Wake();
  void Serve();
  bool HasRoom() const;
  void TellReady();
  bool GrantIdle(const DemandPtr& demand);
  // Whether the demand can have a place now; else it waits for its own host or address.
  bool Admit(const DemandPtr& demand);
  static bool MayEnter(Line* line, int most, const DemandPtr& demand);
  template <typename Lines, typename Key>
  void LeaveLine(Lines* lines, const Key& key);
  // Queues the next of a line who still waits.
  template <typename Lines, typename Key>
  void LetIn(Lines* lines, const Key& key);
  // A turn that came to nothing is the next one's, of those who wait for the same.
  void PassOn(const SessionKey& key);
  void QueueParked(const SessionKey& key);
  void GrantPlace(const DemandPtr& demand);
  void Queue(const DemandPtr& demand);
  // Takes the demand out of its host's.
  void Settle(const DemandPtr& demand, Demand::State state);
  void Withdraw(const DemandPtr& demand);

  // Whether there is room for one more session, for which an unused one may have to go.
  bool MakeRoom();
  Grant TakeIdle(IdleIt idle);
  bool TakesOneCommand(const SessionKey& key);
  void OnIdleReady(IdleIt idle);
  bool IsOld(const Place& place, const Session& session) const;
  void CloseUnused();
  void CloseOld();

  void OnHandshakeBegin(Place* place);
  void OnHandshakeEnd(Place* place);
  void LeaveFlight(Place* place);
  void ArmSlowTimer();
  void OnPlaceFreed(const SessionKey& key);
  void ForgetIfEmpty(const SessionKey& key);

  EventLoop* const loop_;
  const SessionLimits limits_;
  HandshakeLimit handshakes_;
  size_t sessions_ = 0;  // as limits_ counts

  absl::flat_hash_map<SessionKey, Host> hosts_;
  absl::flat_hash_map<SessionKey, absl::Duration> one_command_;  // when that was noted
  absl::flat_hash_map<std::pair<std::string, std::string>, Line> addresses_;
  absl::flat_hash_map<std::string, Line> ways_;
  FairQueue<DemandPtr> queue_;  // for a handshake
  std::deque<std::pair<DemandPtr, Grant>> ready_;
  std::list<Place*> in_flight_;              // those who are so for longest first
  const std::unique_ptr<Timer> turn_timer_;  // Serve's next
  const std::unique_ptr<Timer> slow_timer_;  // of the first in flight
  std::list<Idle> idle_;                     // the one that is unused for longest first
  const std::unique_ptr<Timer> idle_timer_;
  const std::unique_ptr<Timer> age_timer_;

  bool awake_ = false;
  Lifetime lifetime_;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_POOL_SESSION_POOL_H_
