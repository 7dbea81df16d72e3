// The policy, from the configuration's text to a verdict.
#include "service/access/authorizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace muster::service {
namespace {

using ::testing::HasSubstr;

constexpr char kPolicy[] = R"(
credentials:
  deploy: {identity_files: [/keys/deploy], known_hosts: [/keys/known_hosts], user: deploy}
policy:
  - callers: ["dns:ci-*"]
    credentials: [deploy]
    users: [deploy]
    targets: "web[1-3]"
  - callers: ["ops", "uri:spiffe://x/ops"]
    credentials: ["*"]
    users: ["*"]
    targets: "*"
    ports: [2222, 8000-8100]
)";

const Caller kOwner = {Caller::Kind::kUid, "0"};

Caller Dns(const std::string& name) { return {Caller::Kind::kDns, name}; }

std::vector<v1::RunHost> Hosts(const std::string& name, const std::string& user,
                               uint32_t port = 22) {
  v1::RunHost host;
  host.set_port(port);
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
                   const std::string& host, const std::string& user, uint32_t port = 22) {
    return authorizer_->Authorize(Dns(caller), {credential, Hosts(host, user, port), {}});
  }
  // ci to web1 as deploy, which is allowed.
  absl::Status AskToJump(const std::vector<engine::JumpHost>& jump_hosts) {
    return authorizer_->Authorize(Dns("ci-1"), {"deploy", Hosts("web1", "deploy"), jump_hosts});
  }
  const Config config_;
  const std::unique_ptr<Authorizer> authorizer_;
};

TEST_F(AuthorizerTest, AllowsWhatOneRuleAllowsAsAWhole) {
  EXPECT_TRUE(Ask("ci-1", "deploy", "web2", "deploy").ok());
  EXPECT_TRUE(Ask("ops", "other", "anything", "root", 2222).ok());
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
  EXPECT_TRUE(AskToJump({{"web2", 22, "deploy"}, {"web1", 22, "deploy"}}).ok());
  const auto denied = [this](const engine::JumpHost& last, const char* hint) {
    const absl::Status status = AskToJump({{"web2", 22, "deploy"}, last});
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
    EXPECT_THAT(std::string(status.message()), HasSubstr(hint));
  };
  denied({"web3", 2222, "deploy"}, "port 2222 of jump host web3 is not allowed");
  denied({"gate", 22, "deploy"}, "jump host gate is not allowed");
  denied({"web3", 22, "root"}, "user root on jump host web3 is not allowed");
}

TEST_F(AuthorizerTest, TheOwnerMayDoEverything) {
  const std::vector<engine::JumpHost> gate = {{"gate", 22, "root"}};
  EXPECT_TRUE(authorizer_->Authorize(kOwner, {"", Hosts("web9", "root"), gate}).ok());
}

TEST_F(AuthorizerTest, WithoutAPolicyNobodyMayDoAnything) {
  const auto nothing = *Authorizer::Create(Config());
  EXPECT_FALSE(nothing->Authorize(Dns("ops"), {"deploy", Hosts("web1", "deploy"), {}}).ok());
}

TEST_F(AuthorizerTest, ARuleIsAboutOneKindOfName) {
  const auto knows = [this](Caller::Kind kind, const char* name) {
    return authorizer_->CheckCaller({kind, name}).ok();
  };
  EXPECT_TRUE(knows(Caller::Kind::kDns, "ops"));
  EXPECT_TRUE(knows(Caller::Kind::kUri, "spiffe://x/ops"));
  EXPECT_TRUE(knows(Caller::Kind::kUid, "0"));
  EXPECT_FALSE(knows(Caller::Kind::kCommonName, "ops"));
  EXPECT_FALSE(knows(Caller::Kind::kUri, "ops"));
  EXPECT_FALSE(knows(Caller::Kind::kDns, "spiffe://x/ops"));
  EXPECT_FALSE(knows(Caller::Kind::kDns, "uid:0"));
}

TEST_F(AuthorizerTest, ThePortIsPartOfTheRule) {
  const auto port_denied = [this](const char* caller, uint32_t port) {
    const absl::Status status = Ask(caller, "deploy", "web1", "deploy", port);
    if (!status.ok()) {
      EXPECT_THAT(std::string(status.message()), HasSubstr("port "));
    }
    return !status.ok();
  };
  EXPECT_FALSE(port_denied("ci-1", 22));
  EXPECT_TRUE(port_denied("ci-1", 2222));
  EXPECT_TRUE(port_denied("ops", 22));
  EXPECT_FALSE(port_denied("ops", 2222));
  EXPECT_FALSE(port_denied("ops", 8100));
  EXPECT_TRUE(port_denied("ops", 8101));
}

TEST_F(AuthorizerTest, TheUsualPortOfAHostIsTheInventorys) {
  const std::string path = ::testing::TempDir() + "/usual_ports.ini";
  std::ofstream(path) << "[web]\nweb1 ansible_host=10.0.0.1 ansible_port=2201\nweb2\n";
  Config config = config_;
  config.inventory_file = path;
  config.rules[0].targets = "@web";
  const auto authorizer = *Authorizer::Create(config);
  const auto allowed = [&](const char* address, uint32_t port) {
    return authorizer->Authorize(Dns("ci-1"), {"deploy", Hosts(address, "deploy", port), {}}).ok();
  };
  EXPECT_TRUE(allowed("10.0.0.1", 2201));
  EXPECT_TRUE(allowed("10.0.0.1", 22));
  EXPECT_TRUE(allowed("web2", 22));
  EXPECT_FALSE(allowed("web2", 2201));
}

TEST_F(AuthorizerTest, TellsNothingOfHostsThatTheCallerHasNotNamed) {
  const absl::Status status =
      authorizer_->Authorize(Dns("ci-1"), {"deploy", Hosts("secret-db", "deploy"), {}, false});
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(status.message().find("secret-db"), absl::string_view::npos);
  EXPECT_EQ(status, authorizer_->DenyTargets(Dns("ci-1")));
}

TEST_F(AuthorizerTest, ACredentialThatIsNotAllowedIsOneThatDoesNotExist) {
  EXPECT_TRUE(authorizer_->CheckCredential(Dns("ci-1"), "deploy").ok());
  EXPECT_TRUE(authorizer_->CheckCredential(kOwner, "other").ok());
  const absl::Status status = authorizer_->CheckCredential(Dns("ci-1"), "other");
  EXPECT_EQ(status, authorizer_->DenyCredential(Dns("ci-1"), "other"));
  EXPECT_EQ(status, authorizer_->Authorize(Dns("ci-1"), {"other", {}, {}}));
}

TEST_F(AuthorizerTest, WhoOnlyLooksNeedsNoUser) {
  const auto look = [this](const char* host, const char* user) {
    return authorizer_->AuthorizeLook(Dns("ci-1"), Hosts(host, user), "musterd", true).ok();
  };
  EXPECT_TRUE(look("web1", "deploy"));
  EXPECT_TRUE(look("web1", "musterd"));
  EXPECT_FALSE(look("web1", "root"));
  EXPECT_FALSE(look("web4", "deploy"));
}

TEST(ConfigTest, SaysWhatACallerOrAPortIsToBe) {
  const auto error = [](const std::string& rule) {
    const std::string yaml =
        "policy:\n  - {credentials: [a], users: [b], targets: \"*\", " + rule + "}\n";
    return std::string(ParseConfig(yaml, "/etc/m.yaml").status().message());
  };
  EXPECT_EQ(error("callers: [a.example.com, \"cn:Jane Doe\", \"uri:spiffe://x/y\"]"), "");
  for (const char* caller : {"uid:0", "spiffe://x/y", "dns:", ""}) {
    EXPECT_THAT(error("callers: [\"" + std::string(caller) + "\"]"), HasSubstr("dns:NAME"));
  }
  for (const char* ports : {"[0]", "[65536]", "[ssh]", "[22-21]", "[22-]", "[1-2-3]", "[]"}) {
    EXPECT_THAT(error("callers: [a], ports: " + std::string(ports)), HasSubstr("ports: "));
  }
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
