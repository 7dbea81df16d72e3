// The transport layer of SSH (RFC 4253), the server's side.
#ifndef TESTS_SIM_TRANSPORT_H_
#define TESTS_SIM_TRANSPORT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tests/sim/behaviour.h"
#include "tests/sim/kexinit.h"
#include "tests/sim/keys.h"
#include "tests/sim/messages.h"
#include "tests/sim/packet_codec.h"
#include "tests/sim/wire.h"

namespace muster::sim {

// Versions, key exchange (again, when the client asks), and packets. Owned by its connection.
// Loop-confined.
class Transport final : public MessageSender {
 public:
  class Handler {
   public:
    virtual ~Handler() = default;
    // Whether the conversation ends at this phase, by a rule: nothing more is sent then.
    virtual bool Ends(Phase phase) = 0;
    // Whether the bytes that follow are still wanted.
    virtual bool listening() const = 0;
    // Where bytes to be sent are appended.
    virtual std::string* out() = 0;
    virtual void OnHandshake() = 0;  // the first key exchange is done
    virtual void OnMessage(uint8_t type, WireReader* fields) = 0;
    virtual void OnDisconnect() = 0;  // by either side; what is in out() may still be sent
  };

  Transport(KeyExchange* key_exchange, std::shared_ptr<const HostKey> host_key, Handler* handler);

  void SendVersion();
  // Returns how many bytes it has taken.
  size_t Consume(char* data, size_t size);
  void Disconnect(DisconnectReason reason, absl::string_view text);

  // While keys are exchanged, messages wait.
  std::string* Begin() override;
  void End() override;

  const std::string& session_id() const { return session_id_; }

 private:
  // What is only kept during a key exchange.
  struct Exchange {
    std::string client_kexinit;
    std::string server_kexinit;
    Agreement agreement;
    bool skip_guess = false;             // the client's next packet follows a wrong guess
    std::unique_ptr<PacketCipher> open;  // from the client's NEWKEYS on
  };

  bool ConsumeVersion(char* data, size_t size, size_t* used);
  void OnMessage(absl::string_view message);
  void OnTransportMessage(uint8_t type, absl::string_view message);
  void StartExchange();
  void OnKexinit(absl::string_view message);
  void OnEcdhInit(absl::string_view message);
  void OnNewkeys();
  std::string ExchangeHash(absl::string_view client_public, absl::string_view secret) const;
  void SendReply(absl::string_view hash);
  void SwitchKeys(absl::string_view hash, absl::string_view secret);
  void SendExtInfo();
  void SendHeld();
  void SendNow(absl::string_view message);

  KeyExchange* const key_exchange_;
  const std::shared_ptr<const HostKey> host_key_;
  Handler* const handler_;

  PacketReader reader_;
  PacketWriter writer_;
  std::string client_version_;  // without its line end; empty: it has not come yet
  std::string session_id_;      // empty: before the first keys
  bool encrypted_ = false;      // the client's first NEWKEYS has come
  std::unique_ptr<Exchange> exchange_;
  bool holding_ = false;  // messages of the layers above wait for our NEWKEYS
  std::vector<std::string> held_;
};

}  // namespace muster::sim

#endif  // TESTS_SIM_TRANSPORT_H_
