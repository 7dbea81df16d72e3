#include "service/ssh_config/local_network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::service {
namespace {

using ::testing::HasSubstr;

TEST(LocalNetworkTest, AnAddressOfThisMachineDecides) {
  EXPECT_TRUE(*IsOnLocalNetwork("127.0.0.0/8"));
  EXPECT_TRUE(*IsOnLocalNetwork("240.0.0.0/4,127.0.0.1"));
  EXPECT_TRUE(*IsOnLocalNetwork("127.0.0.0/31"));
  EXPECT_TRUE(*IsOnLocalNetwork("0.0.0.0/0"));
  EXPECT_FALSE(*IsOnLocalNetwork("240.0.0.0/4"));
  EXPECT_FALSE(*IsOnLocalNetwork("127.0.0.2/31"));
  EXPECT_FALSE(*IsOnLocalNetwork("2001:db8::/32"));
}

// addrmatch.c, addr_pton_cidr.
TEST(LocalNetworkTest, WhatIsNoNetworkIsRefused) {
  for (const char* text : {"", "127.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "eth0",
                           "10.0.0.0/8,", "!10.0.0.0/8", "::/129"}) {
    EXPECT_THAT(std::string(IsOnLocalNetwork(text).status().message()), HasSubstr("is no network"))
        << text;
  }
}

}  // namespace
}  // namespace muster::service
