#include "ssh_engine/libssh/libssh_tunnel.h"

#include <libssh/callbacks.h>
#include <libssh/libssh.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/types/optional.h"
#include "ssh_engine/base/peer_text.h"

namespace muster::engine {
namespace {

// libssh numbers a session's channels from here on (FIRST_CHANNEL, session.h).
constexpr uint32_t kFirstChannel = 43;
// The reason for one refusal hides that of another that came at the same time.
constexpr int kMostRepeats = 3;

// RFC 4254, 5.1.
constexpr uint32_t kProhibited = 1;
constexpr uint32_t kConnectFailed = 2;
constexpr uint32_t kResourceShortage = 4;

struct Refusal {
  uint32_t channel = 0;
  uint32_t reason = 0;
  std::string text;
};

// The session's last error: "Channel opening failure: channel 43 error (2) Connection refused"
// (ssh_packet_channel_open_fail, channels.c).
absl::optional<Refusal> ParseRefusal(absl::string_view error) {
  const std::vector<absl::string_view> around =
      absl::StrSplit(error, absl::MaxSplits(" error (", 1));
  if (around.size() != 2) return absl::nullopt;
  const std::vector<absl::string_view> parts = absl::StrSplit(around[1], absl::MaxSplits(") ", 1));
  Refusal refusal;
  const absl::string_view channel = around[0].substr(around[0].rfind(' ') + 1);
  if (!absl::SimpleAtoi(channel, &refusal.channel)) return absl::nullopt;
  if (!absl::SimpleAtoi(parts[0], &refusal.reason)) return absl::nullopt;
  if (parts.size() == 2) refusal.text = PeerText(parts[1]);
  return refusal;
}

// From the words that sshd takes from the system's own (strerror, gai_strerror).
Cause CauseOf(absl::string_view text) {
  if (absl::StrContains(text, "refused")) return Cause::kRefused;
  if (absl::StrContains(text, "timed out")) return Cause::kTimeout;
  if (absl::StrContains(text, "name resolution")) return Cause::kDnsFailed;
  if (absl::StrContains(text, "Name or service not known") ||
      absl::StrContains(text, "No address")) {
    return Cause::kDns;
  }
  return Cause::kNetwork;
}

class LibsshTunnel final : public SshTunnel {
 public:
  LibsshTunnel(LibsshLink* link, std::string address, uint16_t port, TunnelUser* user)
      : link_(link), address_(std::move(address)), port_(port), user_(user) {}
  ~LibsshTunnel() override {
    link_->InTurn([this] { Free(); });
  }

  Step Open() override {
    Step step = Step::kAgain;
    link_->InTurn([&] { step = TryOpen(); });
    return step;
  }
  const TransportFailure& failure() const override { return failure_; }
  size_t Room() const override { return closed_ ? 0 : ssh_channel_window_size(channel_); }
  size_t Write(absl::string_view bytes) override {
    int written = 0;
    link_->InTurn([&] {
      written = ssh_channel_write(channel_, bytes.data(), static_cast<uint32_t>(bytes.size()));
    });
    return written > 0 ? static_cast<size_t>(written) : 0;
  }

 private:
  Step TryOpen();
  void Make();
  void Free();
  Step Refused();
  Step Fail(Cause cause, bool throttled, std::string message);

  LibsshLink* const link_;
  const std::string address_;
  const uint16_t port_;
  TunnelUser* const user_;
  ssh_channel channel_ = nullptr;
  uint32_t number_ = 0;  // libssh's, of the channel
  ssh_channel_callbacks_struct callbacks_ = {};
  bool closed_ = false;  // by the server
  int repeats_ = 0;
  TransportFailure failure_;
};

void LibsshTunnel::Make() {
  channel_ = ssh_channel_new(link_->session());
  if (channel_ == nullptr) return;
  number_ = kFirstChannel + link_->NextTunnel();
  callbacks_ = {};
  callbacks_.userdata = this;
  callbacks_.channel_data_function = [](ssh_session, ssh_channel, void* data, uint32_t size, int,
                                        void* self) {
    auto* tunnel = static_cast<LibsshTunnel*>(self);
    tunnel->link_->CountData(size);
    tunnel->user_->OnTunnelData({static_cast<const char*>(data), size});
    return static_cast<int>(size);
  };
  callbacks_.channel_eof_function = [](ssh_session, ssh_channel, void* self) {
    static_cast<LibsshTunnel*>(self)->user_->OnTunnelEnd();
  };
  callbacks_.channel_close_function = [](ssh_session, ssh_channel, void* self) {
    static_cast<LibsshTunnel*>(self)->closed_ = true;
    static_cast<LibsshTunnel*>(self)->user_->OnTunnelEnd();
  };
  ssh_callbacks_init(&callbacks_);
  ssh_set_channel_callbacks(channel_, &callbacks_);
}

void LibsshTunnel::Free() {
  if (channel_ == nullptr) return;
  ssh_remove_channel_callbacks(channel_, &callbacks_);
  // Where the socket is full it sends the end of file only, and has to be asked again.
  if (ssh_channel_is_open(channel_) != 0 && ssh_channel_close(channel_) == SSH_AGAIN) {
    ssh_channel_close(channel_);
  }
  ssh_channel_free(channel_);
  channel_ = nullptr;
}

SshTunnel::Step LibsshTunnel::TryOpen() {
  if (channel_ == nullptr) Make();
  if (channel_ == nullptr) return Fail(Cause::kLocal, false, "out of memory");
  // The originator's address is for the server's log.
  const int result = ssh_channel_open_forward(channel_, address_.c_str(), port_, "127.0.0.1", 0);
  if (result == SSH_AGAIN) return Step::kAgain;
  // One that was opened and closed at once counts as opened: what it sent is there.
  return result == SSH_OK || closed_ ? Step::kDone : Refused();
}

SshTunnel::Step LibsshTunnel::Refused() {
  const std::string error = ssh_get_error(link_->session());
  const absl::optional<Refusal> refusal = ParseRefusal(error);
  if (refusal.has_value() && refusal->channel != number_ && ++repeats_ <= kMostRepeats) {
    Free();
    return TryOpen();
  }
  const std::string& text = refusal.has_value() ? refusal->text : PeerText(error);
  switch (refusal.has_value() ? refusal->reason : 0) {
    case kProhibited:
      return Fail(Cause::kForwardingRefused, false,
                  absl::StrCat("it is not allowed to connect to others (", text,
                               "); look at AllowTcpForwarding and PermitOpen there"));
    case kConnectFailed:
      return Fail(CauseOf(text), false, absl::StrCat("it could not connect (", text, ")"));
    case kResourceShortage:
      return Fail(Cause::kNone, true, absl::StrCat("it has no room for a connection (", text, ")"));
    default:
      return Fail(Cause::kForwardingRefused, false,
                  absl::StrCat("it made no connection (", text, ")"));
  }
}

SshTunnel::Step LibsshTunnel::Fail(Cause cause, bool throttled, std::string message) {
  failure_ = {cause, throttled, std::move(message)};
  return Step::kFailed;
}

}  // namespace

std::unique_ptr<SshTunnel> NewLibsshTunnel(LibsshLink* link, std::string address, uint16_t port,
                                           TunnelUser* user) {
  return std::make_unique<LibsshTunnel>(link, std::move(address), port, user);
}

}  // namespace muster::engine
