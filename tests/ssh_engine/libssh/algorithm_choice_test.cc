#include "ssh_engine/libssh/algorithm_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "ssh_engine/libssh/algorithms.h"

namespace muster::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(AlgorithmChoiceTest, AListStandsForItself) {
  const AlgorithmChoice choice = ChooseAlgorithms(AlgorithmKind::kCipher, "aes256-ctr,aes128-cbc");
  EXPECT_EQ(choice.list, "aes256-ctr,aes128-cbc");
  EXPECT_THAT(choice.missing, IsEmpty());
}

TEST(AlgorithmChoiceTest, WhatTheLibraryHasNotIsTold) {
  const AlgorithmChoice choice =
      ChooseAlgorithms(AlgorithmKind::kMac, "umac-64@openssh.com,hmac-sha2-256,none*");
  EXPECT_EQ(choice.list, "hmac-sha2-256");
  EXPECT_THAT(choice.missing, ElementsAre("umac-64@openssh.com", "none*"));
  EXPECT_EQ(ChooseAlgorithms(AlgorithmKind::kMac, "umac-64@openssh.com").list, "");
}

TEST(AlgorithmChoiceTest, PatternsStandForWhatTheLibraryHas) {
  EXPECT_EQ(ChooseAlgorithms(AlgorithmKind::kCipher, "aes*-ctr").list,
            "aes128-ctr,aes192-ctr,aes256-ctr");
  EXPECT_EQ(ChooseAlgorithms(AlgorithmKind::kMac, "hmac-sha2-256*").list,
            "hmac-sha2-256,hmac-sha2-256-etm@openssh.com");
}

TEST(AlgorithmChoiceTest, PlusAppendsAndHatPrepends) {
  EXPECT_EQ(ChooseAlgorithms(AlgorithmKind::kKeyExchange, "+diffie-hellman-group1-sha1").list,
            absl::StrCat(AllKeyExchanges(), ",diffie-hellman-group1-sha1"));
  EXPECT_EQ(ChooseAlgorithms(AlgorithmKind::kCipher, "^aes256-ctr,3des-cbc").list,
            "aes256-ctr,3des-cbc,aes128-gcm@openssh.com,aes256-gcm@openssh.com,"
            "chacha20-poly1305@openssh.com,aes192-ctr,aes128-ctr");
  EXPECT_EQ(ChooseAlgorithms(AlgorithmKind::kHostKey, "+ssh-rsa,ssh-ed25519").list,
            absl::StrCat(kHostKeys, ",ssh-rsa"));
  const AlgorithmChoice nothing = ChooseAlgorithms(AlgorithmKind::kKeyExchange, "+new-kex");
  EXPECT_EQ(nothing.list, AllKeyExchanges());
  EXPECT_THAT(nothing.missing, ElementsAre("new-kex"));
}

TEST(AlgorithmChoiceTest, MinusTakesOut) {
  EXPECT_EQ(ChooseAlgorithms(AlgorithmKind::kCipher, "-*gcm*,chacha*").list,
            "aes256-ctr,aes192-ctr,aes128-ctr");
  EXPECT_EQ(ChooseAlgorithms(AlgorithmKind::kMac, "-*").list, "");
}

// Else a list that begins with one of these signs would lack what there is without it.
TEST(AlgorithmChoiceTest, AllOfMustersOwnAreTheLibrarys) {
  for (const auto& [kind, own] : {std::make_pair(AlgorithmKind::kKeyExchange, AllKeyExchanges()),
                                  std::make_pair(AlgorithmKind::kHostKey, kHostKeys),
                                  std::make_pair(AlgorithmKind::kCipher, kCiphers),
                                  std::make_pair(AlgorithmKind::kMac, kMacs),
                                  std::make_pair(AlgorithmKind::kSignature, kSignatures)}) {
    const AlgorithmChoice choice = ChooseAlgorithms(kind, own);
    EXPECT_EQ(choice.list, own);
    EXPECT_THAT(choice.missing, IsEmpty());
  }
}

}  // namespace
}  // namespace muster::engine
