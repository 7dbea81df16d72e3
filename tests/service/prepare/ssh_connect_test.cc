#include "service/prepare/ssh_connect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/statusor.h"

namespace muster::service {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

absl::StatusOr<engine::ConnectOptions> Of(const HostSettings& settings) {
  engine::ConnectOptions options;
  const absl::Status added = AddSource(settings, &options);
  if (!added.ok()) return added;
  return options;
}

TEST(SshConnectTest, AsTheSystemRoutesWhereNothingIsSaid) {
  const auto options = Of(HostSettings());
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(*options, engine::ConnectOptions());
}

TEST(SshConnectTest, AnAddressOrANameToConnectFrom) {
  HostSettings settings;
  settings.bind_address = "::1";
  EXPECT_THAT(Of(settings)->sources, ElementsAre("::1"));
  settings.bind_address = "localhost";
  EXPECT_THAT(Of(settings)->sources, Contains("127.0.0.1"));
  settings.bind_address = "no such name";
  EXPECT_THAT(std::string(Of(settings).status().message()),
              HasSubstr("BindAddress no such name is neither"));
}

TEST(SshConnectTest, AnInterfaceToConnectFrom) {
  HostSettings settings;
  settings.bind_interface = "lo";
  EXPECT_THAT(Of(settings)->sources, Contains("127.0.0.1"));
  settings.bind_address = "127.0.0.7";  // which counts before it
  EXPECT_THAT(Of(settings)->sources, ElementsAre("127.0.0.7"));
  settings.bind_address.reset();
  settings.bind_interface = "nothing0";
  EXPECT_THAT(std::string(Of(settings).status().message()),
              HasSubstr("BindInterface nothing0 is no interface"));
}

TEST(SshConnectTest, FamiliesAndAttempts) {
  HostSettings settings;
  settings.address_family = "inet6";
  settings.connection_attempts = 4;
  const auto options = Of(settings);
  EXPECT_EQ(options->family, AF_INET6);
  EXPECT_EQ(options->attempts, 4);
  EXPECT_THAT(options->sources, IsEmpty());
}

}  // namespace
}  // namespace muster::service
