#include "tests/sim/connection.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace muster::sim {
namespace {

constexpr size_t kNonsenseBytes = 16 * 1024;

std::shared_ptr<const HostKey> KeyFor(const HostKeys& keys, Address address,
                                      const Behaviour& behaviour) {
  return behaviour.changed_key ? keys.changed() : keys.Find(address);
}

}  // namespace

Connection::Connection(const Surroundings& surroundings, UniqueFd fd, Address address,
                       const Behaviour& behaviour, ConnectionOwner* owner)
    : surroundings_(surroundings),
      address_(address),
      behaviour_(behaviour),
      owner_(owner),
      link_(surroundings.loop, std::move(fd), behaviour.delay, surroundings.buffers,
            surroundings.statistics, this),
      transport_(surroundings.key_exchange, KeyFor(*surroundings.host_keys, address, behaviour),
                 this),
      authentication_(surroundings.verify, behaviour.refuse_auth, behaviour.password),
      channels_(this),
      throttled_(behaviour.throttle != nullptr) {}

Connection::~Connection() { LeaveThrottle(); }

void Connection::Start() {
  if (behaviour_.garbage || behaviour_.endless_banner) {
    silent_ = true;
    SendNonsense();
  } else if (!Ends(Phase::kBanner)) {
    transport_.SendVersion();
  }
  link_.Flush();
}

// Bytes that are no version line, once; or lines before it for as long as they are taken.
void Connection::SendNonsense() {
  std::string* const out = link_.out();
  if (behaviour_.garbage) {
    for (size_t i = 0; i < kNonsenseBytes; ++i) out->push_back(static_cast<char>(i % 256));
    return;
  }
  while (!link_.Congested()) absl::StrAppend(out, "welcome to this fine machine\r\n");
}

size_t Connection::OnBytes(char* data, size_t size) {
  return silent_ ? size : transport_.Consume(data, size);
}

void Connection::OnRoom() {
  if (behaviour_.endless_banner) return SendNonsense();
  if (!silent_) channels_.Pump();
}

bool Connection::Ends(Phase phase) {
  if (behaviour_.reset == phase) {
    link_.Flush();
    Drop();
  }
  silent_ = silent_ || behaviour_.stall == phase;
  return !listening();
}

void Connection::OnMessage(uint8_t type, WireReader* fields) {
  switch (type) {
    case kServiceRequest:
      return OnServiceRequest(fields);
    case kUserauthRequest:
      return logged_in_ || Ends(Phase::kAuth) ? void()
                                              : AfterUserauth(authentication_.OnRequest(
                                                    transport_.session_id(), fields, &transport_));
    case kUserauthInfoResponse:
      return logged_in_ ? void()
                        : AfterUserauth(authentication_.OnInfoResponse(fields, &transport_));
    case kGlobalRequest:
      return OnGlobalRequest(fields);
    case kRequestFailure:
      return;  // of a flood
    default:
      return OnConnectionMessage(type, fields);
  }
}

void Connection::OnServiceRequest(WireReader* fields) {
  WireWriter(transport_.Begin()).Byte(kServiceAccept).String(fields->String());
  transport_.End();
}

void Connection::AfterUserauth(Authentication::Result result) {
  switch (result) {
    case Authentication::Result::kAgain:
      return;
    case Authentication::Result::kTooManyFailures:
      return transport_.Disconnect(kNoMoreAuthMethods, "Too many authentication failures");
    case Authentication::Result::kLoggedIn:
      logged_in_ = true;
      ++surroundings_.statistics->logins;
      LeaveThrottle();
  }
}

// keepalive@openssh.com and the like.
void Connection::OnGlobalRequest(WireReader* fields) {
  fields->String();
  if (!fields->Bool()) return;
  WireWriter(transport_.Begin()).Byte(kRequestFailure);
  transport_.End();
}

void Connection::OnConnectionMessage(uint8_t type, WireReader* fields) {
  if (idle_timer_ != nullptr) idle_timer_->Disarm();
  if (!logged_in_ || !channels_.OnMessage(type, fields)) {
    if (listening()) transport_.Disconnect(kProtocolError, "unexpected message");
    return;
  }
  if (!listening() || !channels_.empty() || !behaviour_.close_after) return;
  if (idle_timer_ == nullptr) idle_timer_ = surroundings_.loop->NewTimer([this] { End(); });
  idle_timer_->Arm(*behaviour_.close_after);
}

void Connection::OnWake() {
  if (!listening()) return;
  channels_.Pump();
  link_.Flush();
}

// What belongs to the command's end has been written, and is still sent.
void Connection::OnCommandEnd() {
  ++commands_ended_;
  silent_ = silent_ ||
            (behaviour_.die_after_commands && commands_ended_ >= *behaviour_.die_after_commands);
}

void Connection::OnDisconnect() {
  link_.Flush();
  End();
}

void Connection::Drop() {
  link_.Reset();
  End();
}

void Connection::LeaveThrottle() {
  if (std::exchange(throttled_, false)) behaviour_.throttle->Leave();
}

void Connection::End() {
  link_.Close();
  if (!std::exchange(ended_, true)) owner_->OnEnd(this);
}

}  // namespace muster::sim
