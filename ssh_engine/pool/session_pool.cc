#include "ssh_engine/pool/session_pool.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "ssh_engine/host.h"

namespace muster::engine {
namespace {

// How often all unused sessions are looked at for their age.
constexpr absl::Duration kAgeSweep = absl::Seconds(30);

}  // namespace

SessionPool::Place::Place(SessionPool* pool, SessionKey key)
    : pool_(pool), key_(std::move(key)), begin_(pool->loop_->Now()) {
  pool_->OnHandshakeBegin(this);
}

SessionPool::Place::~Place() {
  EndHandshake();
  pool_->OnPlaceFreed(key_);
}

void SessionPool::Place::OnLoggedIn(bool prompt) {
  pool_->handshakes_.OnSuccess(pool_->loop_->Now() - begin_,
                               prompt && !pool_->loop_->BackgroundIsBehind());
  EndHandshake();
}

void SessionPool::Place::OnCongestion() { pool_->handshakes_.OnCongestion(); }

void SessionPool::Place::EndHandshake() {
  if (std::exchange(in_handshake_, false)) pool_->OnHandshakeEnd(this);
}

SessionPool::SessionPool(EventLoop* loop, const SessionLimits& limits)
    : loop_(loop),
      limits_(limits),
      turn_timer_(loop->NewTimer([this] { Wake(); })),
      slow_timer_(loop->NewTimer([this] { LeaveFlight(in_flight_.front()); })),
      idle_timer_(loop->NewTimer([this] { CloseUnused(); })),
      age_timer_(loop->NewTimer([this] { CloseOld(); })) {}

SessionPool::~SessionPool() {
  lifetime_.End();
  ready_.clear();
  idle_.clear();
}

// --- Who is next

std::unique_ptr<SessionPool::Ticket> SessionPool::Ask(Request request) {
  auto demand = std::make_shared<Demand>();
  demand->request = std::move(request);
  if (!GrantIdle(demand)) {
    hosts_[demand->request.key].demands.push_back(demand);
    Queue(demand);
  }
  return std::make_unique<Ticket>(this, std::move(demand));
}

void SessionPool::Queue(const DemandPtr& demand) {
  demand->state = Demand::State::kQueued;
  queue_.Push(demand->request.share, demand);
  Wake();
}

void SessionPool::Wake() {
  if (std::exchange(awake_, true)) return;
  loop_->Defer(lifetime_.Guard([this] { Serve(); }));
}

// Those who need no handshake first.
void SessionPool::Serve() {
  awake_ = false;
  TellReady();
  for (int begun = 0; !queue_.empty() && HasRoom() && MakeRoom();) {
    if (begun == kHandshakesATurn) return turn_timer_->Arm(absl::ZeroDuration());
    const DemandPtr demand = queue_.Pop();
    if (!demand->waits()) {
      PassOn(demand->request.key);
    } else if (Admit(demand)) {
      GrantPlace(demand);
      ++begun;
    }
  }
}

bool SessionPool::HasRoom() const { return handshakes_.HasRoom(loop_->InHurry()); }

void SessionPool::TellReady() {
  while (!ready_.empty()) {
    const DemandPtr demand = std::move(ready_.front().first);
    Grant grant = std::move(ready_.front().second);
    ready_.pop_front();
    if (demand->state == Demand::State::kDone) {
      Return(std::move(grant.place), std::move(grant.session));
    } else {
      demand->state = Demand::State::kDone;
      auto on_grant = std::move(demand->request.on_grant);
      on_grant(std::move(grant));
    }
  }
}

std::pair<std::string, std::string> SessionPool::AddressOf(const SessionKey& key) {
  return {key.proxy.empty() ? key.way_id : absl::StrCat(key.way_id, "\n", key.proxy), key.address};
}

// A connection by way of a jump host is a pair of sockets; its process, if any, is the jump host's.
size_t SessionPool::WeightOf(const SessionKey& key) {
  if (!key.way_id.empty()) return 2;
  return key.proxy.empty() ? 1 : kSessionsOfProcess;
}

bool SessionPool::MayEnter(Line* line, int most, const DemandPtr& demand) {
  if (line->handshakes < most) return true;
  line->waiting.push_back(demand);
  return false;
}

bool SessionPool::Admit(const DemandPtr& demand) {
  const SessionKey& key = demand->request.key;
  if (hosts_[key].sessions >= kMaxSessionsOfHost) {
    demand->state = Demand::State::kParked;
    return false;
  }
  const bool direct = key.way_id.empty();
  if (!direct && !MayEnter(&ways_[key.way_id], kMaxHandshakesOfWay, demand)) return false;
  return MayEnter(&addresses_[AddressOf(key)], kMaxHandshakesOfAddress, demand);
}

void SessionPool::GrantPlace(const DemandPtr& demand) {
  Grant grant;
  grant.place = std::make_unique<Place>(this, demand->request.key);
  Settle(demand, Demand::State::kDone);
  auto on_grant = std::move(demand->request.on_grant);
  on_grant(std::move(grant));
}

void SessionPool::Settle(const DemandPtr& demand, Demand::State state) {
  demand->state = state;
  auto& demands = hosts_[demand->request.key].demands;
  demands.erase(std::remove(demands.begin(), demands.end(), demand), demands.end());
}

void SessionPool::Withdraw(const DemandPtr& demand) {
  if (demand->state == Demand::State::kReady) {
    demand->state = Demand::State::kDone;
  } else if (demand->waits()) {
    Settle(demand, Demand::State::kDone);
    ForgetIfEmpty(demand->request.key);
  }
}

// --- Handshakes and places

void SessionPool::OnHandshakeBegin(Place* place) {
  sessions_ += WeightOf(place->key_);
  ++hosts_[place->key_].sessions;
  ++addresses_[AddressOf(place->key_)].handshakes;
  if (!place->key_.way_id.empty()) ++ways_[place->key_.way_id].handshakes;
  handshakes_.Begin();
  place->in_flight_ = in_flight_.insert(in_flight_.end(), place);
  if (!slow_timer_->armed()) ArmSlowTimer();
}

void SessionPool::LeaveFlight(Place* place) {
  if (!place->in_flight_) return;
  in_flight_.erase(*place->in_flight_);
  place->in_flight_.reset();
  handshakes_.End();
  ArmSlowTimer();
  Wake();
}

// Anew with each end, which may have changed what is slow.
void SessionPool::ArmSlowTimer() {
  if (in_flight_.empty()) return slow_timer_->Disarm();
  const absl::Duration due = in_flight_.front()->begin_ + handshakes_.patience();
  slow_timer_->Arm(due - loop_->Now());
}

void SessionPool::OnHandshakeEnd(Place* place) {
  LeaveFlight(place);
  LeaveLine(&addresses_, AddressOf(place->key_));
  if (!place->key_.way_id.empty()) LeaveLine(&ways_, place->key_.way_id);
}

template <typename Lines, typename Key>
void SessionPool::LeaveLine(Lines* lines, const Key& key) {
  --lines->find(key)->second.handshakes;
  LetIn(lines, key);
}

// Who has withdrawn in the line holds up nobody: there may be no further handshake whose end would
// let the next one in.
template <typename Lines, typename Key>
void SessionPool::LetIn(Lines* lines, const Key& key) {
  const auto it = lines->find(key);
  if (it == lines->end()) return;
  Line& line = it->second;
  for (bool found = false; !found && !line.waiting.empty();) {
    const DemandPtr next = std::move(line.waiting.front());
    line.waiting.pop_front();
    found = next->waits();
    if (found) Queue(next);
  }
  if (line.handshakes == 0 && line.waiting.empty()) lines->erase(it);
}

void SessionPool::PassOn(const SessionKey& key) {
  QueueParked(key);
  LetIn(&addresses_, AddressOf(key));
  if (!key.way_id.empty()) LetIn(&ways_, key.way_id);
}

void SessionPool::OnPlaceFreed(const SessionKey& key) {
  sessions_ -= WeightOf(key);
  --hosts_[key].sessions;
  QueueParked(key);
  ForgetIfEmpty(key);
  Wake();
}

void SessionPool::QueueParked(const SessionKey& key) {
  const auto host = hosts_.find(key);
  if (host == hosts_.end()) return;
  const auto parked = absl::c_find_if(host->second.demands, [](const DemandPtr& demand) {
    return demand->state == Demand::State::kParked;
  });
  if (parked != host->second.demands.end()) Queue(DemandPtr(*parked));
}

void SessionPool::ForgetIfEmpty(const SessionKey& key) {
  const auto it = hosts_.find(key);
  if (it == hosts_.end()) return;
  const Host& host = it->second;
  if (host.sessions == 0 && host.idle.empty() && host.demands.empty()) hosts_.erase(it);
}

bool SessionPool::MakeRoom() {
  if (sessions_ < limits_.max_sessions) return true;
  if (idle_.empty()) return false;
  TakeIdle(idle_.begin());  // and drops it
  return sessions_ < limits_.max_sessions;
}

// --- Unused sessions

bool SessionPool::GrantIdle(const DemandPtr& demand) {
  const auto host = hosts_.find(demand->request.key);
  if (demand->request.fresh || host == hosts_.end()) return false;
  auto& idle = host->second.idle;
  // The one that was used last is the likeliest to live.
  const auto it = std::find_if(idle.rbegin(), idle.rend(), [&](IdleIt one) {
    return !IsOld(*one->place, *one->session) && demand->request.trusts(*one->session);
  });
  if (it == idle.rend()) return false;
  demand->state = Demand::State::kReady;
  ready_.emplace_back(demand, TakeIdle(*it));
  Wake();
  return true;
}

void SessionPool::NoteOneCommand(const SessionKey& key) {
  if (one_command_.size() >= kMostOneCommand) one_command_.clear();
  one_command_[key] = loop_->Now();
  for (auto it = hosts_.find(key); it != hosts_.end() && !it->second.idle.empty();
       it = hosts_.find(key)) {
    TakeIdle(it->second.idle.back());  // and drops it
  }
}

bool SessionPool::TakesOneCommand(const SessionKey& key) {
  if (one_command_.empty()) return false;  // as most often: no hash is made then
  const auto it = one_command_.find(key);
  if (it == one_command_.end()) return false;
  if (loop_->Now() - it->second < kOneCommandMemory) return true;
  one_command_.erase(it);
  return false;
}

bool SessionPool::IsOld(const Place& place, const Session& session) const {
  if (loop_->WallTime() >= session.expires()) return true;
  return limits_.max_age > absl::ZeroDuration() && loop_->Now() - place.begin_ >= limits_.max_age;
}

void SessionPool::Return(std::unique_ptr<Place> place, std::unique_ptr<Session> session) {
  if (TakesOneCommand(place->key_) || IsOld(*place, *session)) return session.reset();
  Host& host = hosts_[place->key_];
  const auto next = absl::c_find_if(
      host.demands, [&](const DemandPtr& demand) { return demand->request.trusts(*session); });
  if (next == host.demands.end() && limits_.max_idle <= absl::ZeroDuration())
    return session.reset();
  idle_.emplace_back();
  Idle& idle = idle_.back();
  idle.pool = this;
  idle.place = std::move(place);
  idle.session = std::move(session);
  idle.since = loop_->Now();
  idle.place_in_list = std::prev(idle_.end());
  idle.session->SetUser(&idle);
  idle.session->SetKeepAlive({});
  idle.session->UpdateInterest();
  host.idle.push_back(idle.place_in_list);
  if (!idle_timer_->armed()) idle_timer_->Arm(limits_.max_idle);
  const bool ages =
      limits_.max_age > absl::ZeroDuration() || idle.session->expires() < absl::InfiniteFuture();
  if (ages && !age_timer_->armed()) age_timer_->Arm(kAgeSweep);
  // Others may want its room more.
  if (next == host.demands.end()) return Wake();
  const DemandPtr demand = *next;
  Settle(demand, Demand::State::kReady);
  ready_.emplace_back(demand, TakeIdle(idle.place_in_list));
  Wake();
}

SessionPool::Grant SessionPool::TakeIdle(IdleIt it) {
  Grant grant;
  grant.place = std::move(it->place);
  grant.session = std::move(it->session);
  auto& idle = hosts_[grant.place->key_].idle;
  idle.erase(std::remove(idle.begin(), idle.end(), it), idle.end());
  idle_.erase(it);
  return grant;
}

void SessionPool::OnIdleReady(IdleIt it) {
  if (it->session->transport().Pump() == SshTransport::Step::kAgain) {
    it->session->UpdateInterest();
  } else {
    TakeIdle(it);  // and drops it
  }
}

void SessionPool::CloseOld() {
  for (auto it = idle_.begin(); it != idle_.end();) {
    const IdleIt one = it++;
    if (IsOld(*one->place, *one->session)) TakeIdle(one);  // and drops it
  }
  if (!idle_.empty()) age_timer_->Arm(kAgeSweep);
}

void SessionPool::CloseUnused() {
  while (!idle_.empty() && loop_->Now() - idle_.front().since >= limits_.max_idle) {
    TakeIdle(idle_.begin());  // and drops it
  }
  if (!idle_.empty()) {
    idle_timer_->Arm(idle_.front().since + limits_.max_idle - loop_->Now());
  }
}

}  // namespace muster::engine
