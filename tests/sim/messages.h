// The numbers of RFC 4250 that the simulator uses.
#ifndef TESTS_SIM_MESSAGES_H_
#define TESTS_SIM_MESSAGES_H_

#include <cstdint>
#include <string>

namespace muster::sim {

enum Message : uint8_t {
  kDisconnect = 1,
  kIgnore = 2,
  kUnimplemented = 3,
  kDebug = 4,
  kServiceRequest = 5,
  kServiceAccept = 6,
  kExtInfo = 7,
  kKexinit = 20,
  kNewkeys = 21,
  kKexEcdhInit = 30,
  kKexEcdhReply = 31,
  kUserauthRequest = 50,
  kUserauthFailure = 51,
  kUserauthSuccess = 52,
  kUserauthPkOk = 60,
  kUserauthPasswdChangereq = 60,
  kUserauthInfoRequest = 60,
  kUserauthInfoResponse = 61,
  kGlobalRequest = 80,
  kRequestFailure = 82,
  kChannelOpen = 90,
  kChannelOpenConfirmation = 91,
  kChannelOpenFailure = 92,
  kChannelWindowAdjust = 93,
  kChannelData = 94,
  kChannelExtendedData = 95,
  kChannelEof = 96,
  kChannelClose = 97,
  kChannelRequest = 98,
  kChannelSuccess = 99,
  kChannelFailure = 100,
};

enum DisconnectReason : uint32_t {
  kProtocolError = 2,
  kKeyExchangeFailed = 3,
  kNoMoreAuthMethods = 14,
};

enum OpenFailureReason : uint32_t {
  kAdministrativelyProhibited = 1,
  kConnectFailed = 2,
  kUnknownChannelType = 3,
};

// Where messages go. Begin gives the string to append one message to; End sends it.
class MessageSender {
 public:
  virtual ~MessageSender() = default;
  virtual std::string* Begin() = 0;
  virtual void End() = 0;
};

}  // namespace muster::sim

#endif  // TESTS_SIM_MESSAGES_H_
