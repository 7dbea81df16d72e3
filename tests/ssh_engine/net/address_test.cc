#include "ssh_engine/net/address.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

namespace muster::engine {
namespace {

std::string WithPort(const char* text, uint16_t port) {
  absl::optional<Address> address = Address::Parse(text);
  if (!address) return "none";
  address->set_port(port);
  EXPECT_EQ(address->port(), port);
  return address->ToString();
}

TEST(AddressTest, ParsesBothFamilies) {
  EXPECT_EQ(WithPort("192.0.2.1", 22), "192.0.2.1:22");
  EXPECT_EQ(WithPort("2001:db8::1", 2222), "[2001:db8::1]:2222");
  EXPECT_EQ(WithPort("::ffff:192.0.2.1", 22), "[::ffff:192.0.2.1]:22");
  EXPECT_EQ(Address::Parse("::1")->family(), AF_INET6);
}

TEST(AddressTest, KeepsTheZone) { EXPECT_EQ(WithPort("fe80::1%lo", 22), "[fe80::1%lo]:22"); }

TEST(AddressTest, RefusesWhatIsNoLiteral) {
  for (const char* text : {"", "web1", "192.0.2", "192.0.2.256", "[::1]", "::1:22:", "1.2.3.4:22",
                           "fe80::1%nosuchinterface"}) {
    EXPECT_FALSE(Address::Parse(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace muster::engine
