#include "service/targets/ansible_hosts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace muster::service {
namespace {

using ::testing::HasSubstr;

std::string Expand(absl::string_view entry, size_t limit = 1000) {
  absl::StatusOr<std::vector<Target>> targets = ExpandAnsibleHosts(entry, limit);
  if (!targets.ok()) return targets.status().ToString();
  std::string text;
  for (const Target& target : *targets) {
    absl::StrAppend(&text, text.empty() ? "" : " ", FormatTarget(target));
  }
  return text;
}

TEST(AnsibleHostsTest, Expands) {
  EXPECT_EQ(Expand("web1"), "web1");
  EXPECT_EQ(Expand("web1:2222"), "web1:2222");
  EXPECT_EQ(Expand("www[08:11].example.com"),
            "www08.example.com www09.example.com www10.example.com www11.example.com");
  EXPECT_EQ(Expand("www[8:11]"), "www8 www9 www10 www11");
  EXPECT_EQ(Expand("www[0:6:3]"), "www0 www3 www6");
  EXPECT_EQ(Expand("www[:2]"), "www0 www1 www2");
  EXPECT_EQ(Expand("db-[a:c]"), "db-a db-b db-c");
  EXPECT_EQ(Expand("r[1:2]n[A:B]:22"), "r1nA:22 r1nB:22 r2nA:22 r2nB:22");
  EXPECT_EQ(Expand("[2001:db8::1]:2222"), "[2001:db8::1]:2222");
  EXPECT_EQ(Expand("[2001:db8::1]"), "[2001:db8::1]");
  EXPECT_EQ(Expand("2001:db8::1"), "[2001:db8::1]");
}

TEST(AnsibleHostsTest, Malformed) {
  for (const std::string entry : {"w[1:2", "w[1]", "w[5:1]", "w[01:100]", "w[1:9:0]", "w[a:F]",
                                  "w[1:c]", "w[]", "w1,w2", "w:0", "w:ssh", "ann@w", "w[1:2:3:4]",
                                  "a[1:2]b[1:2]c[1:2]d[1:2]e[1:2]f[1:2]g[1:2]h[1:2]i[1:2]"}) {
    EXPECT_EQ(ExpandAnsibleHosts(entry, 1000).status().code(), absl::StatusCode::kInvalidArgument)
        << entry;
  }
}

TEST(AnsibleHostsTest, TheLimitHoldsBeforeMemoryIsSpent) {
  EXPECT_THAT(Expand("w[1:1001]"), HasSubstr("RESOURCE_EXHAUSTED"));
  EXPECT_THAT(Expand("a[1:999999999]b[1:999999999]c[1:999999999]d[1:999999999]"),
              HasSubstr("RESOURCE_EXHAUSTED"));
}

}  // namespace
}  // namespace muster::service
