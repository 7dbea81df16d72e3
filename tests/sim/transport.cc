#include "tests/sim/transport.h"

#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace muster::sim {
namespace {

constexpr absl::string_view kVersion = "SSH-2.0-MusterSim_1";
constexpr size_t kMaxVersionBytes = 255;
// Tells clients that RSA keys may sign with SHA-2 (RFC 8308); OpenSSH's would not offer them else.
constexpr absl::string_view kSignatureAlgorithms =
    "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,"
    "rsa-sha2-512,rsa-sha2-256";

// RFC 4253, 7.2. `letter` is 'A' to 'F'.
std::string DeriveKey(absl::string_view secret, absl::string_view hash, char letter,
                      absl::string_view session_id, size_t size) {
  std::string start;
  WireWriter(&start).Mpint(secret);
  start.append(hash.data(), hash.size());
  std::string key = Sha256(absl::StrCat(start, std::string(1, letter), session_id));
  while (key.size() < size) key += Sha256(start + key);
  key.resize(size);
  return key;
}

}  // namespace

Transport::Transport(KeyExchange* key_exchange, std::shared_ptr<const HostKey> host_key,
                     Handler* handler)
    : key_exchange_(key_exchange), host_key_(std::move(host_key)), handler_(handler) {}

void Transport::SendVersion() { absl::StrAppend(handler_->out(), kVersion, "\r\n"); }

size_t Transport::Consume(char* data, size_t size) {
  size_t done = 0;
  if (client_version_.empty() && !ConsumeVersion(data, size, &done)) return done;
  while (handler_->listening()) {
    absl::string_view message;
    size_t used = 0;
    switch (reader_.Next(data + done, size - done, &message, &used)) {
      case PacketReader::Result::kNeedMore:
        return done;
      case PacketReader::Result::kBad:
        Disconnect(kProtocolError, "bad packet");
        return size;
      case PacketReader::Result::kMessage:
        OnMessage(message);
        done += used;
    }
  }
  return size;
}

bool Transport::ConsumeVersion(char* data, size_t size, size_t* used) {
  const absl::string_view text(data, size);
  const size_t end = text.find('\n');
  if (end == absl::string_view::npos) {
    if (size > kMaxVersionBytes) handler_->OnDisconnect();
    return false;
  }
  *used = end + 1;
  client_version_ = std::string(absl::StripSuffix(text.substr(0, end), "\r"));
  if (!absl::StartsWith(client_version_, "SSH-2.0-")) {
    handler_->OnDisconnect();
    return false;
  }
  StartExchange();
  return handler_->listening();
}

void Transport::OnMessage(absl::string_view message) {
  const auto type = static_cast<uint8_t>(message[0]);
  if (exchange_ != nullptr && exchange_->skip_guess && type != kKexinit) {
    exchange_->skip_guess = false;
    return;
  }
  if (type < kUserauthRequest && type != kServiceRequest) {
    OnTransportMessage(type, message);
  } else if (!encrypted_) {
    Disconnect(kProtocolError, "too early");
  } else {
    WireReader fields(message.substr(1));
    handler_->OnMessage(type, &fields);
  }
}

void Transport::OnTransportMessage(uint8_t type, absl::string_view message) {
  switch (type) {
    case kIgnore:
    case kDebug:
    case kUnimplemented:
    case kExtInfo:
      return;
    case kDisconnect:
      return handler_->OnDisconnect();
    case kKexinit:
      return OnKexinit(message);
    case kKexEcdhInit:
      return OnEcdhInit(message);
    case kNewkeys:
      return OnNewkeys();
    default:
      WireWriter(Begin()).Byte(kUnimplemented).Uint32(reader_.sequence() - 1);
      End();
  }
}

void Transport::StartExchange() {
  if (handler_->Ends(Phase::kKexinit)) return;
  exchange_ = std::make_unique<Exchange>();
  exchange_->server_kexinit = ServerKexinit();
  SendNow(exchange_->server_kexinit);
  holding_ = true;
}

void Transport::OnKexinit(absl::string_view message) {
  if (exchange_ == nullptr) StartExchange();
  if (exchange_ == nullptr || !exchange_->client_kexinit.empty()) {
    return Disconnect(kProtocolError, "KEXINIT within a key exchange");
  }
  absl::StatusOr<Agreement> agreement = Agree(message);
  if (!agreement.ok()) return Disconnect(kKeyExchangeFailed, agreement.status().message());
  exchange_->client_kexinit = std::string(message);
  exchange_->agreement = *agreement;
  exchange_->skip_guess = agreement->wrong_guess;
}

void Transport::OnEcdhInit(absl::string_view message) {
  if (exchange_ == nullptr || exchange_->client_kexinit.empty() || exchange_->open != nullptr) {
    return Disconnect(kProtocolError, "unexpected ECDH_INIT");
  }
  if (handler_->Ends(Phase::kKex)) return;
  WireReader fields(message.substr(1));
  const absl::string_view client_public = fields.String();
  const absl::optional<std::string> secret = key_exchange_->SharedSecret(client_public);
  if (!secret) return Disconnect(kKeyExchangeFailed, "bad public key");
  const std::string hash = ExchangeHash(client_public, *secret);
  SendReply(hash);
  if (handler_->Ends(Phase::kNewkeys)) return;
  SendNow(std::string(1, kNewkeys));
  SwitchKeys(hash, *secret);
}

std::string Transport::ExchangeHash(absl::string_view client_public,
                                    absl::string_view secret) const {
  std::string hashed;
  WireWriter(&hashed)
      .String(client_version_)
      .String(kVersion)
      .String(exchange_->client_kexinit)
      .String(exchange_->server_kexinit)
      .String(host_key_->public_blob())
      .String(client_public)
      .String(key_exchange_->public_key())
      .Mpint(secret);
  return Sha256(hashed);
}

void Transport::SendReply(absl::string_view hash) {
  std::string reply;
  WireWriter(&reply)
      .Byte(kKexEcdhReply)
      .String(host_key_->public_blob())
      .String(key_exchange_->public_key())
      .String(host_key_->Sign(hash));
  SendNow(reply);
}

// What we send is encrypted from here on; what the client sends, after its NEWKEYS.
void Transport::SwitchKeys(absl::string_view hash, absl::string_view secret) {
  const bool first = session_id_.empty();
  if (first) session_id_ = std::string(hash);
  const auto keys = [&](const CipherSuite& suite, const char* letters) {
    CipherKeys derived;
    derived.iv = DeriveKey(secret, hash, letters[0], session_id_, suite.iv_bytes);
    derived.key = DeriveKey(secret, hash, letters[1], session_id_, suite.key_bytes);
    if (suite.own_tag) return derived;
    derived.mac_key = DeriveKey(secret, hash, letters[2], session_id_, kMacKeyBytes);
    return derived;
  };
  const Agreement& agreement = exchange_->agreement;
  writer_.SetCipher(NewCipher(*agreement.to_client, *agreement.mac_to_client,
                              keys(*agreement.to_client, "BDF"), Direction::kSeal));
  exchange_->open = NewCipher(*agreement.from_client, *agreement.mac_from_client,
                              keys(*agreement.from_client, "ACE"), Direction::kOpen);
  holding_ = false;
  if (first && agreement.ext_info) SendExtInfo();
  SendHeld();
}

void Transport::SendExtInfo() {
  std::string message;
  WireWriter(&message)
      .Byte(kExtInfo)
      .Uint32(1)
      .String("server-sig-algs")
      .String(kSignatureAlgorithms);
  SendNow(message);
}

void Transport::SendHeld() {
  for (const std::string& message : std::exchange(held_, {})) SendNow(message);
}

void Transport::OnNewkeys() {
  if (exchange_ == nullptr || exchange_->open == nullptr) {
    return Disconnect(kProtocolError, "unexpected NEWKEYS");
  }
  reader_.SetCipher(std::move(exchange_->open));
  exchange_.reset();
  if (!std::exchange(encrypted_, true)) handler_->OnHandshake();
}

void Transport::Disconnect(DisconnectReason reason, absl::string_view text) {
  std::string message;
  WireWriter(&message).Byte(kDisconnect).Uint32(reason).String(text).String("");
  SendNow(message);
  handler_->OnDisconnect();
}

void Transport::SendNow(absl::string_view message) {
  std::string* const out = handler_->out();
  writer_.Begin(out);
  out->append(message.data(), message.size());
  writer_.End();
}

std::string* Transport::Begin() {
  if (holding_) {
    held_.emplace_back();
    return &held_.back();
  }
  writer_.Begin(handler_->out());
  return handler_->out();
}

void Transport::End() {
  if (!holding_) writer_.End();
}

}  // namespace muster::sim
