#include "tests/sim/kexinit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/messages.h"
#include "tests/sim/wire.h"

namespace muster::sim {
namespace {

using ::testing::HasSubstr;

struct ClientOffer {
  std::string key_exchange = "curve25519-sha256,ext-info-c";
  std::string host_key = "ssh-ed25519";
  std::string cipher = "aes128-gcm@openssh.com";
  std::string mac = "hmac-sha2-256";
  std::string compression = "none";
  bool guesses = false;
};

std::string Kexinit(const ClientOffer& offer) {
  std::string message(1, kKexinit);
  message.append(16, 'c');
  WireWriter writer(&message);
  writer.String(offer.key_exchange).String(offer.host_key);
  writer.String(offer.cipher).String(offer.cipher).String(offer.mac).String(offer.mac);
  writer.String(offer.compression).String(offer.compression).String("").String("");
  writer.Bool(offer.guesses).Uint32(0);
  return message;
}

TEST(AgreeTest, TheClientsOrderCounts) {
  ClientOffer offer;
  offer.cipher = "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com";
  const absl::StatusOr<Agreement> agreement = Agree(Kexinit(offer));
  ASSERT_TRUE(agreement.ok()) << agreement.status();
  EXPECT_STREQ(agreement->from_client->name, "aes256-gcm@openssh.com");
  EXPECT_TRUE(agreement->ext_info);
  EXPECT_FALSE(agreement->wrong_guess);
}

TEST(AgreeTest, AnAuthenticatedCipherNeedsNoMac) {
  ClientOffer offer;
  offer.mac = "umac-64@openssh.com";
  EXPECT_TRUE(Agree(Kexinit(offer)).ok());
  offer.cipher = "aes128-ctr";
  EXPECT_THAT(std::string(Agree(Kexinit(offer)).status().message()), HasSubstr("no MAC in common"));
}

TEST(AgreeTest, SaysWhatIsNotInCommon) {
  ClientOffer offer;
  offer.key_exchange = "diffie-hellman-group14-sha256";
  EXPECT_THAT(std::string(Agree(Kexinit(offer)).status().message()),
              HasSubstr("no key exchange in common: the client offers diffie-hellman-group14"));
}

TEST(AgreeTest, AWrongGuessIsNoticed) {
  ClientOffer offer;
  offer.guesses = true;
  EXPECT_FALSE(Agree(Kexinit(offer))->wrong_guess);
  offer.key_exchange = "ecdh-sha2-nistp256,curve25519-sha256";
  EXPECT_TRUE(Agree(Kexinit(offer))->wrong_guess);
}

TEST(AgreeTest, AShortMessageIsRefused) {
  std::string message = Kexinit({});
  message.resize(30);
  EXPECT_FALSE(Agree(message).ok());
}

TEST(ServerKexinitTest, NoTwoAreTheSameAndItAgreesWithItself) {
  EXPECT_NE(ServerKexinit(), ServerKexinit());
  EXPECT_TRUE(Agree(ServerKexinit()).ok());
}

}  // namespace
}  // namespace muster::sim
