#include "service/prepare/ssh_algorithms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::service {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SshAlgorithmsTest : public ::testing::Test {
 protected:
  absl::StatusOr<engine::Algorithms> Of() { return algorithms_.Of(settings_, &missing_); }

  SshAlgorithms algorithms_;
  HostSettings settings_;
  std::vector<std::string> missing_;
};

TEST_F(SshAlgorithmsTest, MustersOwnWhereNothingIsSaid) {
  EXPECT_EQ(*Of(), engine::Algorithms());
  EXPECT_THAT(missing_, IsEmpty());
}

TEST_F(SshAlgorithmsTest, EachListHasItsPlace) {
  settings_.kex_algorithms = "curve25519-sha256";
  settings_.host_key_algorithms = "rsa-sha2-512";
  settings_.ciphers = "aes256-ctr";
  settings_.macs = "hmac-sha2-512";
  settings_.pubkey_accepted_algorithms = "ssh-ed25519";
  const auto algorithms = Of();
  EXPECT_EQ(algorithms->key_exchanges, "curve25519-sha256");
  EXPECT_EQ(algorithms->host_keys, "rsa-sha2-512");
  EXPECT_EQ(algorithms->ciphers, "aes256-ctr");
  EXPECT_EQ(algorithms->macs, "hmac-sha2-512");
  EXPECT_EQ(algorithms->signatures, "ssh-ed25519");
}

TEST_F(SshAlgorithmsTest, LimitsHaveTheirPlaceToo) {
  settings_.required_rsa_size = 3072;
  settings_.rekey_bytes = 1 << 20;
  settings_.rekey_interval = absl::Minutes(10);
  settings_.compression = true;
  const auto algorithms = Of();
  EXPECT_EQ(algorithms->least_rsa_bits, 3072);
  EXPECT_EQ(algorithms->rekey_bytes, 1u << 20);
  EXPECT_EQ(algorithms->rekey_interval, absl::Minutes(10));
  EXPECT_TRUE(algorithms->compression);
}

TEST_F(SshAlgorithmsTest, TheOrderOfHostKeysThatWasWrittenDownCounts) {
  for (const auto& [text, in_this_order] :
       {std::make_pair("rsa-sha2-512,ssh-ed25519", true), std::make_pair("^rsa-sha2-512", true),
        std::make_pair("+ssh-rsa", false), std::make_pair("-ssh-ed25519", false)}) {
    settings_.host_key_algorithms = text;
    EXPECT_EQ(Of()->host_keys_in_this_order, in_this_order) << text;
  }
}

TEST_F(SshAlgorithmsTest, WhatTheLibraryHasNotIsNamedOrRefused) {
  settings_.macs = "umac-64@openssh.com,umac-128@openssh.com,hmac-sha2-512";
  EXPECT_TRUE(Of().ok());
  EXPECT_THAT(missing_, ElementsAre("MACs umac-64@openssh.com,umac-128@openssh.com"));
  settings_.ciphers = "-*";
  EXPECT_THAT(std::string(Of().status().message()),
              HasSubstr("Ciphers -* leaves nothing that Muster's SSH library has"));
}

}  // namespace
}  // namespace muster::service
