#include "ssh_engine/jump/jump_link.h"

#include <errno.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace muster::engine {
namespace {

constexpr size_t kPiece = 32 * 1024;  // as much as a packet of SSH's holds

// Ours and theirs; invalid where there are no descriptors.
std::pair<UniqueFd, UniqueFd> SocketPair() {
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0) return {};
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

// How many bytes the socket took; all, where the other side is gone and wants none.
size_t SendTo(int fd, absl::string_view bytes) {
  ssize_t sent;
  do {
    sent = sendto(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT, nullptr, 0);
  } while (sent < 0 && errno == EINTR);
  if (sent >= 0) return static_cast<size_t>(sent);
  return errno == EAGAIN ? 0 : bytes.size();
}

}  // namespace

// Its callbacks only note what has come: they are called from within the transport.
struct JumpLink::Tunnel final : public TunnelUser {
  void OnTunnelData(absl::string_view bytes) override { link->Hold(this, bytes); }
  void OnTunnelEnd() override {
    ended = true;
    link->Wake();
  }

  JumpLink* link = nullptr;
  std::string target;  // for messages
  std::unique_ptr<SshTunnel> channel;
  LinkAttempt* attempt = nullptr;  // while the callback waits
  Connector::Callback callback;
  UniqueFd fd;                     // our end; none before the server has answered
  std::unique_ptr<FdWatch> watch;  // of it; destroyed first
  std::string held;                // what the socket has not taken yet, from
  size_t held_from = 0;            // on
  size_t held_size() const { return held.size() - held_from; }
  std::string outgoing;  // what the server has not taken yet: keys are exchanged anew
  bool ended = false;    // nothing more comes from the server
  bool closed = false;   // our side has ended
};

class JumpLink::LinkAttempt final : public Connector::Attempt {
 public:
  explicit LinkAttempt(Tunnel* tunnel) : tunnel_(tunnel) { tunnel->attempt = this; }
  ~LinkAttempt() override {
    if (tunnel_ == nullptr) return;
    tunnel_->attempt = nullptr;
    tunnel_->callback = nullptr;
    tunnel_->closed = true;
    tunnel_->link->Wake();
  }
  void Forget() { tunnel_ = nullptr; }

 private:
  Tunnel* tunnel_;
};

// What leads to the jump host leads on from there.
std::shared_ptr<Way> JumpLink::WayBy(Session* session) {
  auto way = std::make_shared<Way>();
  if (session->way() != nullptr) way->host_keys = session->way()->host_keys;
  way->host_keys.push_back(session->transport().host_key());
  return way;
}

JumpLink::JumpLink(EventLoop* loop, std::string name, std::unique_ptr<Session> session,
                   const KeepAlive& keep_alive)
    : loop_(loop),
      name_(std::move(name)),
      session_(std::move(session)),
      way_(WayBy(session_.get())),
      since_(loop->Now()),
      unused_since_(loop->Now()) {
  session_->SetUser(this);
  session_->SetKeepAlive(keep_alive);
  session_->UpdateInterest();
}

JumpLink::~JumpLink() {
  lifetime_.End();
  for (Tunnel& tunnel : tunnels_) {
    if (tunnel.attempt != nullptr) tunnel.attempt->Forget();
  }
}

std::unique_ptr<Connector::Attempt> JumpLink::Connect(const std::string& host, uint16_t port,
                                                      Connector::Callback callback) {
  tunnels_.emplace_back();
  Tunnel& tunnel = tunnels_.back();
  tunnel.link = this;
  tunnel.target = absl::StrCat(host, " port ", port);
  tunnel.channel = session_->transport().NewTunnel(host, port, &tunnel);
  tunnel.callback = std::move(callback);
  Wake();
  return std::make_unique<LinkAttempt>(&tunnel);
}

void JumpLink::OnSessionReady() {
  if (lost()) return;
  if (session_->transport().Pump() == SshTransport::Step::kFailed) return Lose();
  Settle();
}

void JumpLink::Wake() {
  if (std::exchange(awake_, true)) return;
  loop_->Defer(lifetime_.Guard([this] {
    awake_ = false;
    if (!lost()) Settle();
  }));
}

void JumpLink::Settle() {
  for (auto it = tunnels_.begin(); it != tunnels_.end();) {
    if (Advance(&*it)) {
      ++it;
      continue;
    }
    held_ -= it->held_size();
    it = tunnels_.erase(it);
    if (tunnels_.empty()) unused_since_ = loop_->Now();
  }
  UpdateInterest();
}

bool JumpLink::Advance(Tunnel* tunnel) {
  if (!tunnel->fd.valid()) return AdvanceOpening(tunnel);
  if (tunnel->closed) return false;
  FlushHeld(tunnel);
  if (!Forward(tunnel)) return false;
  return !tunnel->ended || tunnel->held_size() > 0;
}

// One that nobody waits for any more is closed once it is open: not before the server knows it.
bool JumpLink::AdvanceOpening(Tunnel* tunnel) {
  switch (tunnel->channel->Open()) {
    case SshTunnel::Step::kAgain:
      return true;
    case SshTunnel::Step::kDone:
      return !tunnel->closed && Connected(tunnel);
    case SshTunnel::Step::kFailed:
      break;
  }
  const TransportFailure& failure = tunnel->channel->failure();
  ConnectResult result;
  result.state = failure.state();
  result.cause = failure.cause;
  result.message = absl::StrCat(tunnel->target, ": jump host ", name_, ": ", failure.message, ".");
  Answer(tunnel, std::move(result));
  return false;
}

bool JumpLink::Connected(Tunnel* tunnel) {
  auto [ours, theirs] = SocketPair();
  ConnectResult result;
  if (!ours.valid()) {
    result.cause = Cause::kLocal;
    result.message = absl::StrCat(tunnel->target, ": no sockets for it here: out of descriptors.");
    Answer(tunnel, std::move(result));
    return false;
  }
  tunnel->fd = std::move(ours);
  tunnel->watch = loop_->Watch(tunnel->fd.get(), Priority::kNormal,
                               [this, tunnel](Readiness) { OnSocketReady(tunnel); });
  tunnel->watch->SetInterest(true, false);
  FlushHeld(tunnel);  // a server may speak first
  result.fd = std::move(theirs);
  result.way = way_;
  Answer(tunnel, std::move(result));
  return true;
}

void JumpLink::Answer(Tunnel* tunnel, ConnectResult result) {
  if (tunnel->attempt == nullptr) return;
  std::exchange(tunnel->attempt, nullptr)->Forget();
  auto callback = std::move(tunnel->callback);
  callback(std::move(result));
}

// --- Bytes

void JumpLink::OnSocketReady(Tunnel* tunnel) {
  FlushHeld(tunnel);
  if (Forward(tunnel)) return UpdateInterest();
  tunnel->closed = true;
  Wake();
}

// How much may be read to be written: nothing where the jump host does not read.
size_t JumpLink::RoomFor(const Tunnel& tunnel) {
  const bool waits = session_->transport().WantsWrite() || !tunnel.outgoing.empty() || Broken();
  return waits ? 0 : tunnel.channel->Room();
}

void JumpLink::Write(Tunnel* tunnel, absl::string_view bytes) {
  if (bytes.empty() || Broken()) return;
  const size_t written = tunnel->channel->Write(bytes);
  tunnel->outgoing = std::string(bytes.substr(written));
}

bool JumpLink::Forward(Tunnel* tunnel) {
  char bytes[kPiece];
  Write(tunnel, std::exchange(tunnel->outgoing, std::string()));
  while (true) {
    const size_t room = RoomFor(*tunnel);
    tunnel->watch->SetInterest(room > 0, tunnel->held_size() > 0);
    if (room == 0 || tunnel->ended) return true;
    const ssize_t size =
        recvfrom(tunnel->fd.get(), bytes, std::min(room, kPiece), MSG_DONTWAIT, nullptr, nullptr);
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    if (size == 0) return false;
    Write(tunnel, absl::string_view(bytes, static_cast<size_t>(size)));
  }
}

void JumpLink::Hold(Tunnel* tunnel, absl::string_view bytes) {
  if (tunnel->fd.valid() && tunnel->held_size() == 0) {
    bytes.remove_prefix(SendTo(tunnel->fd.get(), bytes));
  }
  if (bytes.empty()) return;
  tunnel->held.append(bytes.data(), bytes.size());
  held_ += bytes.size();
  Wake();
}

void JumpLink::FlushHeld(Tunnel* tunnel) {
  if (tunnel->held_size() == 0) return;
  const size_t sent =
      SendTo(tunnel->fd.get(), absl::string_view(tunnel->held).substr(tunnel->held_from));
  tunnel->held_from += sent;
  held_ -= sent;
  if (tunnel->held_size() > 0) return;
  std::string().swap(tunnel->held);
  tunnel->held_from = 0;
}

// A write may find the connection broken: then libssh has closed the descriptor, and nobody would
// be told of it any more.
bool JumpLink::Broken() const { return session_->transport().fd() < 0; }

void JumpLink::UpdateInterest() {
  if (lost()) return;
  if (!Broken()) return session_->UpdateInterest(held_ < kMostHeld);
  loop_->Defer(lifetime_.Guard([this] { OnSessionReady(); }));
}

// --- The end

void JumpLink::Lose() {
  way_->lost = true;
  session_->Park();
  const std::string why =
      absl::StrCat("jump host ", name_, ": ", session_->transport().failure().message, ".");
  while (!tunnels_.empty()) {
    std::list<Tunnel> one;
    one.splice(one.begin(), tunnels_, tunnels_.begin());
    Tunnel* const tunnel = &one.front();
    if (tunnel->fd.valid()) FlushHeld(tunnel);
    ConnectResult result;
    result.cause = Cause::kReset;
    result.message = absl::StrCat(tunnel->target, ": ", why);
    Answer(tunnel, std::move(result));
  }
  unused_since_ = loop_->Now();
}

}  // namespace muster::engine
