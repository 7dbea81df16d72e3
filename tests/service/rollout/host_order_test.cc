#include "service/rollout/host_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"

namespace muster::service {
namespace {

using ::testing::ElementsAre;

std::vector<v1::RunHost> Hosts(const std::vector<std::string>& names) {
  std::vector<v1::RunHost> hosts;
  for (const std::string& name : names) hosts.emplace_back().set_name(name);
  return hosts;
}

std::vector<v1::RunHost> TenHosts() {
  std::vector<std::string> names;
  for (int i = 0; i < 10; ++i) names.push_back(absl::StrCat("h", i));
  return Hosts(names);
}

TEST(HostOrderTest, NumbersCountByTheirValue) {
  const std::vector<std::string> sorted = {"",
                                           "1",
                                           "02",
                                           "2",
                                           "10",
                                           "10a",
                                           "a",
                                           "a-1",
                                           "a1",
                                           "a1.example.com",
                                           "a1b1",
                                           "a1b02",
                                           "a2",
                                           "a010",
                                           "a10",
                                           "a99999999999999999999",
                                           "a100000000000000000000",
                                           "aa",
                                           "ab"};
  for (size_t i = 0; i < sorted.size(); ++i) {
    for (size_t k = 0; k < sorted.size(); ++k) {
      EXPECT_EQ(NaturalLess(sorted[i], sorted[k]), i < k) << sorted[i] << " " << sorted[k];
    }
  }
}

TEST(HostOrderTest, GivenAndSorted) {
  const std::vector<v1::RunHost> hosts = Hosts({"web10", "web9", "db1", "web01"});
  EXPECT_THAT(OrderHosts(hosts, v1::HOST_ORDER_UNSPECIFIED, 0), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(OrderHosts(hosts, v1::HOST_ORDER_GIVEN, 0), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(OrderHosts(hosts, v1::HOST_ORDER_SORTED, 0), ElementsAre(2, 3, 1, 0));
}

// From another program after the same description. A change breaks runs that are under way.
TEST(HostOrderTest, ShuffledIsTheSameOnEveryMachine) {
  EXPECT_THAT(OrderHosts(TenHosts(), v1::HOST_ORDER_SHUFFLED, 0),
              ElementsAre(6, 3, 2, 9, 8, 1, 4, 7, 0, 5));
  EXPECT_THAT(OrderHosts(TenHosts(), v1::HOST_ORDER_SHUFFLED, 1),
              ElementsAre(4, 2, 8, 1, 9, 3, 0, 6, 7, 5));
  EXPECT_THAT(OrderHosts(TenHosts(), v1::HOST_ORDER_SHUFFLED, UINT64_MAX),
              ElementsAre(3, 4, 2, 7, 5, 0, 8, 1, 9, 6));
}

TEST(HostOrderTest, ShuffledDoesNotDependOnHowTheHostsAreGiven) {
  std::vector<v1::RunHost> hosts = TenHosts();
  std::vector<std::string> first;
  for (const uint32_t i : OrderHosts(hosts, v1::HOST_ORDER_SHUFFLED, 5)) {
    first.push_back(hosts[i].name());
  }
  std::reverse(hosts.begin(), hosts.end());
  std::vector<std::string> second;
  for (const uint32_t i : OrderHosts(hosts, v1::HOST_ORDER_SHUFFLED, 5)) {
    second.push_back(hosts[i].name());
  }
  EXPECT_EQ(first, second);
}

TEST(HostOrderTest, ShuffledHasEachHostOnceAndEachPlaceForAll) {
  std::vector<int> first(10);
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    std::vector<uint32_t> order = OrderHosts(TenHosts(), v1::HOST_ORDER_SHUFFLED, seed);
    ++first[order[0]];
    std::sort(order.begin(), order.end());
    EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  }
  for (const int count : first) {
    EXPECT_GT(count, 130);
    EXPECT_LT(count, 270);
  }
}

}  // namespace
}  // namespace muster::service
