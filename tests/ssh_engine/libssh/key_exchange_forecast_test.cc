#include "ssh_engine/libssh/key_exchange_forecast.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "ssh_engine/libssh/algorithms.h"

namespace muster::engine {
namespace {

using Result = KeyExchangeForecast::Result;

std::string Uint32(size_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(value >> shift));
  return bytes;
}

std::string Packet(char type, const std::string& rest) {
  return absl::StrCat(Uint32(rest.size() + 2 + 4), std::string(1, 4), std::string(1, type), rest,
                      std::string(4, '\0'));
}

std::string Hello(const std::string& key_exchanges) {
  const std::string lists =
      absl::StrCat(std::string(16, 'c'), Uint32(key_exchanges.size()), key_exchanges, Uint32(0));
  return absl::StrCat("SSH-2.0-any\r\n", Packet(20, lists));
}

Result Of(const std::string& bytes) {
  return KeyExchangeForecast(AllKeyExchanges()).Read(0, bytes);
}

TEST(KeyExchangeForecastTest, SlowIsWhatHasNothingElse) {
  EXPECT_EQ(Of(Hello("curve25519-sha256,diffie-hellman-group18-sha512")), Result::kFast);
  EXPECT_EQ(Of(Hello("diffie-hellman-group18-sha512,diffie-hellman-group14-sha256")),
            Result::kFast);
  EXPECT_EQ(Of(Hello("diffie-hellman-group18-sha512")), Result::kSlow);
  EXPECT_EQ(Of(Hello("diffie-hellman-group16-sha512")), Result::kFast);
  EXPECT_EQ(Of(Hello("sntrup761x25519-sha512,diffie-hellman-group-exchange-sha256,ext-info-s")),
            Result::kSlow);
}

TEST(KeyExchangeForecastTest, NothingInCommonTakesNoTime) {
  EXPECT_EQ(Of(Hello("diffie-hellman-group1-sha1")), Result::kFast);
  EXPECT_EQ(Of(Hello("")), Result::kFast);
}

TEST(KeyExchangeForecastTest, TheOrderIsTheClients) {
  const std::string hello = Hello("curve25519-sha256,diffie-hellman-group-exchange-sha1");
  const auto of = [&hello](const char* ours) { return KeyExchangeForecast(ours).Read(0, hello); };
  EXPECT_EQ(of("diffie-hellman-group-exchange-sha1,curve25519-sha256"), Result::kSlow);
  EXPECT_EQ(of("curve25519-sha256,diffie-hellman-group-exchange-sha1"), Result::kFast);
}

// However it comes: libssh must not have all of it before the answer is known.
TEST(KeyExchangeForecastTest, ByteByByte) {
  const std::string hello = absl::StrCat("welcome\r\n", Hello("diffie-hellman-group18-sha512"));
  const size_t known = hello.find("sha512") + 6;
  KeyExchangeForecast forecast(AllKeyExchanges());
  for (size_t i = 0; i < known; ++i) {
    const bool last = i + 1 == known;
    ASSERT_EQ(forecast.Read(i, hello.substr(i, 1)), last ? Result::kSlow : Result::kOpen) << i;
  }
}

TEST(KeyExchangeForecastTest, WhatWasReadBeforeIsPassedOver) {
  const std::string hello = Hello("diffie-hellman-group18-sha512");
  KeyExchangeForecast forecast(AllKeyExchanges());
  EXPECT_EQ(forecast.Read(0, hello.substr(0, 30)), Result::kOpen);
  EXPECT_EQ(forecast.Read(0, hello.substr(0, 30)), Result::kOpen);
  EXPECT_EQ(forecast.Read(13, hello.substr(13)), Result::kSlow);
}

TEST(KeyExchangeForecastTest, OtherPacketsMayComeBefore) {
  const std::string hello = Hello("diffie-hellman-group18-sha512");
  const size_t version = hello.find('\n') + 1;
  EXPECT_EQ(Of(hello.substr(0, version) + Packet(2, "ignored") + hello.substr(version)),
            Result::kSlow);
}

TEST(KeyExchangeForecastTest, NonsenseIsLeftToLibssh) {
  EXPECT_EQ(Of("SSH-2.0-any\r\n\xff\xff\xff\xff\x04\x14" + std::string(100, 'x')), Result::kFast);
  EXPECT_EQ(Of("SSH-2.0-any\r\n" + Packet(20, std::string(16, 'c') + "\xff\xff\xff\xff")),
            Result::kFast);
  EXPECT_EQ(Of(std::string(1000, '\0')), Result::kOpen);
  EXPECT_EQ(Of("SSH-2.0-any\r\n" + std::string(1000, '\0')), Result::kOpen);
}

}  // namespace
}  // namespace muster::engine
