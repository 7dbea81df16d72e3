#include "service/host_list.h"

#include <gtest/gtest.h>

namespace muster::service {
namespace {

v1::RunHost Host(const std::string& name, const std::string& user) {
  v1::RunHost host;
  host.set_name(name);
  host.set_user(user);
  return host;
}

TEST(HostListTest, HostsOfTheRunsUserBecomeAnothers) {
  std::vector<v1::RunHost> hosts = {Host("web1", "ann"), Host("web2", "carl"),
                                    Host("annex", "ann")};
  ReplaceUser("ann", "bob", &hosts);
  EXPECT_EQ(hosts[0].user(), "bob");
  EXPECT_EQ(hosts[1].user(), "carl");
  EXPECT_EQ(hosts[2].user(), "bob");
}

TEST(HostListTest, AUserInTheNameIsKept) {
  std::vector<v1::RunHost> hosts = {Host("ann@web1:22", "ann"), Host("carl@web1:22", "carl")};
  ReplaceUser("ann", "carl", &hosts);
  EXPECT_EQ(hosts[0].user(), "ann");
}

}  // namespace
}  // namespace muster::service
