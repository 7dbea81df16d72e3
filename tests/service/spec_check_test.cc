#include "service/spec_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace muster::service {
namespace {

using ::testing::HasSubstr;

v1::RunSpec Good() {
  v1::RunSpec spec;
  spec.mutable_targets()->set_expression("web[1-3]");
  spec.mutable_command()->set_shell("true");
  return spec;
}

TEST(SpecCheckTest, TakesWhatIsWithinTheLimits) {
  v1::RunSpec spec = Good();
  spec.mutable_login()->set_port(65535);
  spec.mutable_login()->mutable_local()->add_known_hosts_files("/home/ann/.ssh/known_hosts");
  spec.mutable_timeouts()->mutable_connect()->set_seconds(10);
  spec.mutable_rollout()->set_max_in_flight(10'000);
  (*spec.mutable_labels())["ticket"] = "OPS-1";
  EXPECT_TRUE(CheckSpec(spec).ok());
}

struct Bad {
  const char* field;
  std::function<void(v1::RunSpec*)> spoil;
};

TEST(SpecCheckTest, NamesTheFieldThatIsOutOfItsLimits) {
  const Bad cases[] = {
      {"command", [](v1::RunSpec* spec) { spec->clear_command(); }},
      {"targets.expression",
       [](v1::RunSpec* spec) { spec->mutable_targets()->set_expression(std::string(65537, 'a')); }},
      {"targets.inventory_file",
       [](v1::RunSpec* spec) { spec->mutable_targets()->set_inventory_file("relative"); }},
      {"login.port", [](v1::RunSpec* spec) { spec->mutable_login()->set_port(65536); }},
      {"login.user", [](v1::RunSpec* spec) { spec->mutable_login()->set_user("a\nb"); }},
      {"login.host_key_policy",
       [](v1::RunSpec* spec) {
         spec->mutable_login()->set_host_key_policy(static_cast<v1::HostKeyPolicy>(77));
       }},
      {"login.local.identity_files",
       [](v1::RunSpec* spec) {
         spec->mutable_login()->mutable_local()->add_identity_files()->set_path("key");
       }},
      {"login.local",
       [](v1::RunSpec* spec) {
         for (int i = 0; i < 33; ++i) {
           spec->mutable_login()->mutable_local()->add_known_hosts_files("/k");
         }
       }},
      {"timeouts.connect",
       [](v1::RunSpec* spec) { spec->mutable_timeouts()->mutable_connect()->set_seconds(-1); }},
      {"timeouts.idle",
       [](v1::RunSpec* spec) {
         spec->mutable_timeouts()->mutable_idle()->set_nanos(1'000'000'000);
       }},
      {"timeouts.command",
       [](v1::RunSpec* spec) {
         spec->mutable_timeouts()->mutable_command()->set_seconds(int64_t{1} << 40);
       }},
      {"rollout.max_in_flight",
       [](v1::RunSpec* spec) { spec->mutable_rollout()->set_max_in_flight(20'001); }},
      {"retries", [](v1::RunSpec* spec) { spec->mutable_retries()->set_unreachable(101); }},
      {"labels", [](v1::RunSpec* spec) { (*spec->mutable_labels())[""] = "x"; }},
  };
  for (const Bad& bad : cases) {
    v1::RunSpec spec = Good();
    bad.spoil(&spec);
    const absl::Status status = CheckSpec(spec);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad.field;
    EXPECT_THAT(std::string(status.message()), HasSubstr(bad.field));
  }
}

}  // namespace
}  // namespace muster::service
