#include "tests/sim/keys.h"

#include <gtest/gtest.h>

namespace muster::sim {
namespace {

TEST(HostKeyTest, TheSameSeedMakesTheSameKey) {
  EXPECT_EQ(HostKey("a").public_blob(), HostKey("a").public_blob());
  EXPECT_NE(HostKey("a").public_blob(), HostKey("b").public_blob());
}

TEST(VerifyEd25519Test, TakesTheSignatureOfTheKeyAndNoOther) {
  const HostKey key("a");
  const HostKey other("b");
  EXPECT_TRUE(VerifyEd25519(key.public_blob(), key.Sign("data"), "data"));
  EXPECT_FALSE(VerifyEd25519(key.public_blob(), key.Sign("data"), "date"));
  EXPECT_FALSE(VerifyEd25519(key.public_blob(), other.Sign("data"), "data"));
  EXPECT_FALSE(VerifyEd25519(key.public_blob(), "", "data"));
  EXPECT_FALSE(VerifyEd25519("", key.Sign("data"), "data"));
}

TEST(KeyExchangeTest, BothSidesFindTheSameSecret) {
  KeyExchange server;
  KeyExchange client;
  const absl::optional<std::string> secret = server.SharedSecret(client.public_key());
  ASSERT_TRUE(secret);
  EXPECT_EQ(*secret, client.SharedSecret(server.public_key()));
  EXPECT_EQ(*secret, server.SharedSecret(client.public_key()));
}

TEST(KeyExchangeTest, BadKeysAreRefused) {
  KeyExchange server;
  EXPECT_FALSE(server.SharedSecret("short"));
  EXPECT_FALSE(server.SharedSecret(std::string(32, '\0')));
}

}  // namespace
}  // namespace muster::sim
