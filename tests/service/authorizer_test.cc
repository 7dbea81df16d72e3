// The policy, from the configuration's text to a verdict.
#include "service/authorizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::service {
namespace {

using ::testing::HasSubstr;

constexpr char kPolicy[] = R"(
credentials:
  deploy: {identity_files: [/keys/deploy], known_hosts: [/keys/known_hosts], user: deploy}
policy:
  - callers: ["ci-*"]
    credentials: [deploy]
    users: [deploy]
    targets: "web[1-3]"
  - callers: ["ops"]
    credentials: ["*"]
    users: ["*"]
    targets: "*"
)";

std::vector<v1::RunHost> Hosts(const std::string& name, const std::string& user) {
  v1::RunHost host;
  host.set_name(name);
  host.set_address(name);
  host.set_user(user);
  return {host};
}

class AuthorizerTest : public ::testing::Test {
 protected:
  AuthorizerTest()
      : config_(*ParseConfig(kPolicy, "/etc/musterd.yaml")),
        authorizer_(*Authorizer::Create(config_)) {}
  absl::Status Ask(const std::string& caller, const std::string& credential,
                   const std::string& host, const std::string& user) {
    return authorizer_->Authorize({caller, false}, {credential, Hosts(host, user), {}});
  }
  // ci to web1 as deploy, which is allowed.
  absl::Status AskToJump(const std::vector<engine::JumpHost>& jump_hosts) {
    return authorizer_->Authorize({"ci-1", false}, {"deploy", Hosts("web1", "deploy"), jump_hosts});
  }
  const Config config_;
  const std::unique_ptr<Authorizer> authorizer_;
};

TEST_F(AuthorizerTest, AllowsWhatOneRuleAllowsAsAWhole) {
  EXPECT_TRUE(Ask("ci-1", "deploy", "web2", "deploy").ok());
  EXPECT_TRUE(Ask("ops", "other", "anything", "root").ok());
}

TEST_F(AuthorizerTest, DeniesTheRestAndSaysWhat) {
  const auto denied = [this](const char* caller, const char* credential, const char* host,
                             const char* user, const char* hint) {
    const absl::Status status = Ask(caller, credential, host, user);
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
    EXPECT_THAT(std::string(status.message()), HasSubstr(hint));
  };
  denied("stranger", "deploy", "web1", "deploy", "stranger");
  denied("ci-1", "other", "web1", "deploy", "other");
  denied("ci-1", "deploy", "web4", "deploy", "web4");
  denied("ci-1", "deploy", "web1", "root", "root");
}

TEST_F(AuthorizerTest, JumpHostsHaveToBeAllowedAsTargetsHaveTo) {
  EXPECT_TRUE(AskToJump({{"web2", 22, "deploy"}, {"web1", 2222, "deploy"}}).ok());
  const auto denied = [this](const engine::JumpHost& last, const char* hint) {
    const absl::Status status = AskToJump({{"web2", 22, "deploy"}, last});
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
    EXPECT_THAT(std::string(status.message()), HasSubstr(hint));
  };
  denied({"gate", 22, "deploy"}, "jump host gate is not allowed");
  denied({"web3", 22, "root"}, "user root on jump host web3 is not allowed");
}

TEST_F(AuthorizerTest, TheOwnerMayDoEverything) {
  const std::vector<engine::JumpHost> gate = {{"gate", 22, "root"}};
  EXPECT_TRUE(authorizer_->Authorize({"uid:0", true}, {"", Hosts("web9", "root"), gate}).ok());
}

TEST_F(AuthorizerTest, WithoutAPolicyNobodyMayDoAnything) {
  const auto nothing = *Authorizer::Create(Config());
  EXPECT_FALSE(nothing->Authorize({"ops", false}, {"deploy", Hosts("web1", "deploy"), {}}).ok());
}

TEST(ConfigTest, NamesTheLineOfWhatIsWrong) {
  const auto error = [](const char* yaml) {
    return std::string(ParseConfig(yaml, "/etc/m.yaml").status().message());
  };
  EXPECT_THAT(error("credentials:\n  a: {identity_file: [x]}\n"), HasSubstr("/etc/m.yaml:2"));
  EXPECT_THAT(error("nonsense: 1\n"), HasSubstr("nonsense"));
  EXPECT_THAT(error("policy: [\n"), HasSubstr("/etc/m.yaml:"));
  EXPECT_THAT(error("credentials:\n  a: {host_key_policy: maybe}\n"), HasSubstr("accept-new"));
  EXPECT_THAT(error("credentials:\n  a: {identities_only: maybe}\n"), HasSubstr("yes or no"));
}

TEST(ConfigTest, OfAnAgentsKeysOnlyThoseThatAreNamed) {
  const auto config = ParseConfig(
      "credentials:\n  a: {identities_only: yes}\n  b: {identities_only: no}\n  c: {}\n",
      "/etc/m.yaml");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_TRUE(config->credentials.at("a").keys.identities_only);
  EXPECT_FALSE(config->credentials.at("b").keys.identities_only);
  EXPECT_FALSE(config->credentials.at("c").keys.identities_only);
}

TEST(ConfigTest, PathsStartAtItsFolder) {
  const auto config =
      ParseConfig("credentials:\n  a: {known_hosts: [known_hosts]}\n", "/etc/muster/m.yaml");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->credentials.at("a").known_hosts_files.at(0), "/etc/muster/known_hosts");
}

}  // namespace
}  // namespace muster::service
