#include "service/prepare/run_preparer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "proto/contract/error_details.h"
#include "tests/service/artifacts/test_artifacts.h"

namespace muster::service {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;

constexpr char kConfig[] = R"(
credentials:
  deploy: {user: deploy}
policy:
  - callers: [ci]
    credentials: [deploy]
    users: [deploy]
    targets: "web[1-3]"
)";

const Caller kOwner = {Caller::Kind::kUid, "1"};
const Caller kCi = {Caller::Kind::kDns, "ci"};

v1::RunSpec Spec(const std::vector<std::string>& jump_hosts) {
  v1::RunSpec spec;
  spec.mutable_targets()->set_expression("web1");
  spec.mutable_command()->set_shell("true");
  for (const std::string& entry : jump_hosts) spec.mutable_login()->add_jump_hosts(entry);
  return spec;
}

std::vector<std::string> TextsOf(const std::vector<engine::JumpHost>& hosts) {
  std::vector<std::string> texts;
  for (const engine::JumpHost& host : hosts) {
    texts.push_back(host.user + " " + host.address + " " + std::to_string(host.port));
  }
  return texts;
}

class RunPreparerTest : public ::testing::Test {
 protected:
  absl::StatusOr<PreparedRun> Prepare(const v1::RunSpec& spec, const Caller& caller = kOwner) {
    return preparer_.Prepare(caller, spec);
  }

  const Config config_ = *ParseConfig(kConfig, "/etc/musterd.yaml");
  const std::unique_ptr<Authorizer> authorizer_ = *Authorizer::Create(config_);
  FileCache files_;
  const RunPreparer preparer_{&config_, authorizer_.get(), &files_, RunSettings(), nullptr};
};

TEST_F(RunPreparerTest, JumpHostsGoToTheEngineAndToTheProbeInTheirOrder) {
  v1::RunSpec spec = Spec({"bob@gate:2222", "inner"});
  spec.mutable_login()->set_user("ann");
  spec.mutable_login()->set_port(2200);
  spec.mutable_rollout()->mutable_probe()->set_shell("true");
  const auto run = Prepare(spec);
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_THAT(TextsOf(run->reaches[0].access->jump_hosts),
              ElementsAre("bob gate 2222", "ann inner 22"));
  EXPECT_THAT(run->plan.spec.login().jump_hosts(), ElementsAre("bob@gate:2222", "inner"));
}

TEST_F(RunPreparerTest, AJumpHostWithoutAUserHasThatOfTargetsWithoutOne) {
  v1::RunSpec spec = Spec({"web2"});
  EXPECT_THAT(TextsOf(Prepare(spec)->reaches[0].access->jump_hosts),
              ElementsAre(std::string(getpwuid(getuid())->pw_name) + " web2 22"));
  spec.mutable_login()->set_credential_name("deploy");
  EXPECT_THAT(TextsOf(Prepare(spec)->reaches[0].access->jump_hosts), ElementsAre("deploy web2 22"));
}

TEST_F(RunPreparerTest, HostsThatAreKnownGoTheSameWay) {
  v1::RunHost host;
  host.set_name("web1");
  const auto run = preparer_.Prepare(kOwner, Spec({"ann@gate"}), {host});
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_THAT(TextsOf(run->reaches[0].access->jump_hosts), ElementsAre("ann gate 22"));
}

TEST_F(RunPreparerTest, TheSameHostMayBeATargetAndOnTheWay) {
  const auto run = Prepare(Spec({"web1"}));
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->plan.hosts.size(), 1u);
  EXPECT_EQ(run->reaches[0].access->jump_hosts.size(), 1u);
}

// Of one that has no settings of its own the run's one access would do.
TEST_F(RunPreparerTest, HostsMayBeReachedInDifferentWays) {
  const std::string path = ::testing::TempDir() + "/preparer.ssh_config";
  std::ofstream(path) << "Host web2\n  HostKeyAlias blade\n  ProxyJump ann@gate\n";
  v1::RunSpec spec = Spec({});
  spec.mutable_targets()->set_expression("web[1-3]");
  spec.mutable_login()->mutable_local();
  spec.mutable_login()->mutable_ssh_config()->set_file(path);
  const auto run = Prepare(spec);
  ASSERT_TRUE(run.ok()) << run.status();
  ASSERT_EQ(run->reaches.size(), 3u);
  EXPECT_EQ(run->reaches[0].access, run->reaches[2].access);
  EXPECT_EQ(run->reaches[0].host_key_alias, "");
  EXPECT_EQ(run->reaches[1].host_key_alias, "blade");
  EXPECT_THAT(TextsOf(run->reaches[1].access->jump_hosts), ElementsAre("ann gate 22"));
  EXPECT_NE(run->reaches[1].access->jump_hosts[0].access, nullptr);

  // The same for hosts that are known already, also where it was not asked before.
  v1::RunHost host;
  host.set_name("one");
  host.set_address("web2");
  const auto again = preparer_.Prepare(kOwner, spec, {host});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->reaches[0].host_key_alias, "blade");

  spec.mutable_targets()->set_expression("web[1,3]");
  EXPECT_EQ(Prepare(spec)->reaches.size(), 1u);
}

// A run that is continued keeps its hosts' addresses, and a process would lead to new ones.
TEST_F(RunPreparerTest, AProcessThatLeadsElsewhereByNowIsRefused) {
  const std::string path = ::testing::TempDir() + "/preparer.ssh_config";
  const auto write = [&](const std::string& address) {
    std::ofstream(path) << "Host web1\n  HostName " << address << "\n  ProxyCommand nc %h %p\n";
  };
  v1::RunSpec spec = Spec({});
  spec.mutable_login()->mutable_local();
  spec.mutable_login()->mutable_ssh_config()->set_file(path);
  write("10.0.0.1");
  const auto run = Prepare(spec);
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_TRUE(preparer_.Prepare(kOwner, spec, run->plan.hosts).ok());
  write("10.0.0.2");
  const absl::Status moved = preparer_.Prepare(kOwner, spec, run->plan.hosts).status();
  EXPECT_THAT(std::string(moved.message()), HasSubstr("web1: its ProxyCommand leads to"));
  const auto again = preparer_.PrepareAgain(kOwner, spec, run->plan.hosts);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->plan.hosts[0].address(), "10.0.0.2");
}

TEST_F(RunPreparerTest, ANetworkCallerHasNoSshConfigRead) {
  v1::RunSpec spec = Spec({});
  spec.mutable_login()->set_credential_name("deploy");
  spec.mutable_login()->mutable_ssh_config();
  EXPECT_EQ(Prepare(spec, kCi).status().code(), absl::StatusCode::kInvalidArgument);
  spec.mutable_login()->mutable_local();
  EXPECT_EQ(Prepare(spec, kCi).status().code(), absl::StatusCode::kPermissionDenied);
}

TEST_F(RunPreparerTest, LookTellsWhatSshConfigSays) {
  const std::string path = ::testing::TempDir() + "/preparer.ssh_config";
  std::ofstream(path) << "Host web2\n  User deploy\n  ForwardAgent yes\n";
  v1::ResolveTargetsRequest request;
  request.mutable_targets()->set_expression("web[1-2]");
  request.mutable_login()->mutable_local();
  request.mutable_login()->mutable_ssh_config()->set_file(path);
  const auto response = preparer_.Look(kOwner, request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->hosts(1).user(), "deploy");
  EXPECT_THAT(response->warnings(), ElementsAre(HasSubstr("ForwardAgent (web2)")));
}

std::vector<std::string> TextsOf(const v1::HostSettings& settings) {
  std::vector<std::string> texts;
  for (const v1::HostSetting& setting : settings.settings()) {
    texts.push_back(absl::StrCat(setting.name(), "=", setting.value(), " ", setting.source()));
  }
  return texts;
}

TEST_F(RunPreparerTest, LookTellsWhoSaysWhat) {
  const std::string config = ::testing::TempDir() + "/preparer.ssh_config";
  const std::string hosts = ::testing::TempDir() + "/preparer.hosts";
  std::ofstream(config) << "Host 10.0.0.2\n  User deploy\n  HostKeyAlias blade\n"
                           "Host *\n  UserKnownHostsFile /k\n  IdentityFile /keys/all\n";
  std::ofstream(hosts)
      << "web1 ansible_host=10.0.0.2 ansible_port=2222 "
         "ansible_ssh_private_key_file=/keys/web ansible_ssh_common_args='-J ops@gate'\n"
         "web2\n";
  v1::ResolveTargetsRequest request;
  request.mutable_targets()->set_expression("web1,bob@web2");  // in the order of users
  request.mutable_targets()->set_inventory_file(hosts);
  request.set_settings(true);
  request.mutable_login()->mutable_local()->add_identity_files()->set_path("/keys/mine");
  request.mutable_login()->mutable_ssh_config()->set_file(config);
  request.mutable_login()->mutable_ssh_config()->add_options("Port=2200");
  const auto response = preparer_.Look(kOwner, request);
  ASSERT_TRUE(response.ok()) << response.status();
  ASSERT_EQ(response->settings_size(), 2);
  EXPECT_THAT(
      TextsOf(response->settings(1)),
      IsSupersetOf(
          {"address=10.0.0.2 " + hosts, "port=2222 " + hosts, std::string("user=deploy ssh_config"),
           "jump host=ops@gate:2200 " + hosts, std::string("identity file=/keys/mine option"),
           "identity file=/keys/web " + hosts, std::string("identity file=/keys/all ssh_config"),
           std::string("host key alias=blade ssh_config"),
           std::string("known_hosts=/k ssh_config")}));
  EXPECT_THAT(TextsOf(response->settings(0)),
              IsSupersetOf({"address=web2 ", "port=2200 option", "user=bob target",
                            "identity file=/keys/all ssh_config"}));
  request.mutable_login()->clear_ssh_config();
  EXPECT_EQ(preparer_.Look(kOwner, request).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(RunPreparerTest, LookTellsSettingsForOnePage) {
  v1::ResolveTargetsRequest request;
  request.mutable_targets()->set_expression("node[1-20000]");
  request.set_settings(true);
  request.mutable_login()->mutable_local();
  request.mutable_login()->mutable_ssh_config()->set_file("/dev/null");
  const auto all = preparer_.Look(kOwner, request);
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(all->hosts_size(), 20000);
  EXPECT_GT(all->settings_size(), 100);
  EXPECT_LT(all->settings_size(), 20000);
  const auto last = preparer_.Look(kOwner, request, 19999);
  ASSERT_EQ(last->settings_size(), 1);
  EXPECT_THAT(TextsOf(last->settings(0)), Contains("address=node20000 "));
}

TEST_F(RunPreparerTest, ARunBecomesWhomTheInventorySays) {
  const std::string hosts = ::testing::TempDir() + "/preparer.hosts";
  std::ofstream(hosts) << "web1 ansible_become=yes ansible_become_user=app "
                          "ansible_become_method=doas\n";
  v1::RunSpec spec = Spec({});
  spec.mutable_login()->mutable_local();
  spec.mutable_targets()->set_expression("web1");
  spec.mutable_targets()->set_inventory_file(hosts);
  const auto error = [&] { return std::string(Prepare(spec).status().message()); };
  EXPECT_THAT(error(), HasSubstr("--become=app --become-method doas"));
  spec.mutable_become()->set_method(v1::BECOME_METHOD_DOAS);
  EXPECT_THAT(error(), HasSubstr("ansible_become_user is \"app\", and the run's is \"root\""));
  spec.mutable_become()->set_user("app");
  EXPECT_EQ(error(), "");
  spec.mutable_become()->clear_method();
  EXPECT_THAT(error(), HasSubstr("the run's is \"sudo\""));
  v1::ResolveTargetsRequest request;
  *request.mutable_targets() = spec.targets();
  request.set_settings(true);
  request.mutable_login()->mutable_local();
  request.mutable_login()->mutable_ssh_config()->set_file("/dev/null");
  const auto response = preparer_.Look(kOwner, request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_THAT(TextsOf(response->settings(0)), Contains("become=app (doas) " + hosts));
}

// As those of the request; what it is called is not his to know.
TEST_F(RunPreparerTest, TheInventorysJumpHostsHaveToBeAllowed) {
  const std::string hosts = ::testing::TempDir() + "/preparer.hosts";
  const auto error = [&](const std::string& options) {
    std::ofstream(hosts) << "web1 " << options << "\nweb2\n";
    Config config = config_;
    config.inventory_file = hosts;
    const RunPreparer preparer(&config, authorizer_.get(), &files_, RunSettings(), nullptr);
    v1::RunSpec spec = Spec({});
    spec.mutable_login()->set_credential_name("deploy");
    const auto run = preparer.Prepare(kCi, spec);
    if (!run.ok()) return run.status().ToString();
    return absl::StrJoin(TextsOf(run->reaches[0].access->jump_hosts), ",");
  };
  EXPECT_EQ(error("ansible_ssh_common_args='-J web3'"), "deploy web3 22");
  EXPECT_THAT(error("ansible_ssh_common_args='-J secret-gate'"),
              AllOf(HasSubstr("PERMISSION_DENIED"), HasSubstr("jump host that the inventory gives"),
                    Not(HasSubstr("secret-gate"))));
  EXPECT_THAT(error("ansible_ssh_private_key_file=/keys/secret"),
              AllOf(HasSubstr("INVALID_ARGUMENT"), HasSubstr("IdentityFile"),
                    Not(HasSubstr("/keys/secret"))));
  EXPECT_THAT(error("ansible_ssh_common_args=-C"), HasSubstr("Compression"));
}

TEST_F(RunPreparerTest, APasswordGoesToTheEngineAndIsNotKept) {
  v1::RunSpec spec = Spec({});
  spec.mutable_login()->mutable_local()->set_password("secret");
  const auto run = Prepare(spec);
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->reaches[0].access->credential->password->get(), "secret");
  EXPECT_THAT(run->reaches[0].access->credential->password_source, HasSubstr("--password-file"));
  EXPECT_THAT(run->plan.spec.SerializeAsString(), Not(HasSubstr("secret")));
  EXPECT_EQ(Prepare(Spec({}))->reaches[0].access->credential->password, nullptr);
  EXPECT_EQ(Prepare(spec, kCi).status().code(), absl::StatusCode::kPermissionDenied);
}

TEST_F(RunPreparerTest, AConfiguredCredentialHasThePasswordOfItsFile) {
  const std::string path = ::testing::TempDir() + "/deploy.password";
  const auto configured = [&](absl::string_view text, mode_t mode) {
    std::ofstream(path, std::ios::binary) << text;
    chmod(path.c_str(), mode);
    return ParseConfig(absl::StrCat("credentials:\n  deploy:\n    password_file: ", path),
                       "/c.yaml");
  };
  const auto config = configured("secret\n", 0600);
  ASSERT_TRUE(config.ok()) << config.status();
  const RunPreparer preparer(&*config, authorizer_.get(), &files_, RunSettings(), nullptr);
  v1::RunSpec spec = Spec({});
  spec.mutable_login()->set_credential_name("deploy");
  const auto run = preparer.Prepare(kOwner, spec);
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->reaches[0].access->credential->password->get(), "secret");
  EXPECT_EQ(run->reaches[0].access->credential->password_source,
            "the password_file of credential deploy");
  for (const absl::string_view bad : {"", "\n", "two\nlines\n", "windows\r\n"}) {
    EXPECT_THAT(std::string(configured(bad, 0600).status().message()),
                AllOf(HasSubstr("/c.yaml:3: "), HasSubstr("does not hold one line")))
        << bad;
  }
  EXPECT_FALSE(configured(std::string(1025, 'p'), 0600).ok());
  EXPECT_THAT(std::string(configured("secret", 0640).status().message()),
              HasSubstr("may be read by others"));
}

TEST_F(RunPreparerTest, AScriptGoesAheadOfTheInputAndHasNoTerminal) {
  const std::string path = ::testing::TempDir() + "/script.ssh_config";
  v1::RunSpec spec = Spec({});
  spec.mutable_command()->mutable_script()->set_content("echo one");
  spec.mutable_rollout()->mutable_probe()->set_shell("true");
  spec.mutable_login()->mutable_local();
  spec.mutable_login()->mutable_ssh_config()->set_file(path);
  std::ofstream(path) << "RequestTTY yes\n";
  const auto run = Prepare(spec);
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(*std::get<engine::Command>(run->job.action).prologue, "echo one");
  EXPECT_EQ(std::get<engine::Command>(run->probe.action).prologue, nullptr);
  EXPECT_EQ(run->reaches[0].setup, nullptr);
  std::ofstream(path) << "RequestTTY force\n";
  EXPECT_THAT(std::string(Prepare(spec).status().message()), HasSubstr("web1: RequestTTY force"));
  spec.clear_login();
  spec.mutable_command()->set_placeholders(true);
  spec.mutable_command()->mutable_script()->add_arguments("{vars.rack}");
  EXPECT_THAT(std::string(Prepare(spec).status().message()),
              HasSubstr("{vars.rack}: web1 has no such variable"));
}

TEST_F(RunPreparerTest, WhatIsNoJumpHostIsNamed) {
  const absl::Status status = Prepare(Spec({"gate[1-2]"})).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("gate[1-2]"));
}

TEST_F(RunPreparerTest, ThePolicyIsAskedAboutJumpHosts) {
  v1::RunSpec spec = Spec({"web2", "gate"});
  spec.mutable_login()->set_credential_name("deploy");
  const absl::Status status = Prepare(spec, kCi).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(status.message()), HasSubstr("jump host gate"));
  spec.mutable_login()->mutable_jump_hosts()->RemoveLast();
  EXPECT_TRUE(Prepare(spec, kCi).ok());
}

TEST_F(RunPreparerTest, NetworkCallersCannotTellWhichCredentialsThereAre) {
  const Config config = *ParseConfig(R"(
credentials:
  secret: {user: root}
policy:
  - {callers: [ci], credentials: ["no-such-*"], users: ["*"], targets: "*"}
)",
                                     "/etc/musterd.yaml");
  const auto authorizer = *Authorizer::Create(config);
  const RunPreparer preparer(&config, authorizer.get(), &files_, RunSettings(), nullptr);
  const auto error = [&](const std::string& name) {
    v1::RunSpec spec = Spec({});
    // Nothing is expanded for it: this would be an error of its own.
    spec.mutable_targets()->set_expression("web[1-100000000]");
    spec.mutable_login()->set_credential_name(name);
    const absl::Status status = preparer.Prepare(kCi, spec).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << status;
    return absl::StrReplaceAll(status.message(), {{name, "NAME"}});
  };
  EXPECT_EQ(error("secret"), error("nothing"));
  EXPECT_EQ(error("secret"), error("no-such-thing"));  // allowed by name, but not there
}

TEST_F(RunPreparerTest, NetworkCallersLearnNoFolderOfTheDaemonsFiles) {
  const Config config = *ParseConfig(R"(
credentials:
  deploy: {identity_files: [/no/such/folder/deploy.key]}
policy:
  - {callers: [ci], credentials: [deploy], users: ["*"], targets: "*"}
)",
                                     "/etc/musterd.yaml");
  const auto authorizer = *Authorizer::Create(config);
  const RunPreparer preparer(&config, authorizer.get(), &files_, RunSettings(), nullptr);
  v1::RunSpec spec = Spec({});
  spec.mutable_login()->set_credential_name("deploy");
  const auto error = [&](const Caller& caller) {
    return std::string(preparer.Prepare(caller, spec).status().message());
  };
  EXPECT_THAT(error(kOwner), HasSubstr("/no/such/folder/deploy.key"));
  EXPECT_THAT(error(kCi), AllOf(HasSubstr("deploy.key"), Not(HasSubstr("folder"))));
}

TEST_F(RunPreparerTest, NetworkCallersLearnNoFolderOfKnownHosts) {
  const std::string path = ::testing::TempDir() + "/trusted_hosts";
  std::ofstream(path) << "web1 nonsense\n";
  Config config = config_;
  config.credentials.at("deploy").known_hosts_files = {path};
  config.credentials.at("deploy").host_key_policy = engine::HostKeyPolicy::kAcceptNew;
  const RunPreparer preparer(&config, authorizer_.get(), &files_, RunSettings(), nullptr);
  v1::RunSpec spec = Spec({});
  spec.mutable_login()->set_credential_name("deploy");
  const auto owners = preparer.Prepare(kOwner, spec);
  ASSERT_TRUE(owners.ok()) << owners.status();
  EXPECT_THAT(owners->plan.new_host_keys_files, ElementsAre(path));
  EXPECT_THAT(owners->plan.warnings, ElementsAre(HasSubstr(path)));
  const auto others = preparer.Prepare(kCi, spec);
  ASSERT_TRUE(others.ok()) << others.status();
  EXPECT_THAT(others->plan.new_host_keys_files, ElementsAre("trusted_hosts"));
  EXPECT_THAT(others->plan.warnings,
              ElementsAre(AllOf(HasSubstr("trusted_hosts:1"), Not(HasSubstr("/")))));
}

TEST_F(RunPreparerTest, HostKeysGoUncheckedForTheOwnerAloneAndWithAWarning) {
  v1::RunSpec spec = Spec({});
  spec.mutable_login()->set_credential_name("deploy");
  spec.mutable_login()->set_host_key_policy(v1::HOST_KEY_POLICY_OFF);
  const auto owners = preparer_.Prepare(kOwner, spec);
  ASSERT_TRUE(owners.ok()) << owners.status();
  EXPECT_THAT(owners->plan.warnings, ElementsAre(HasSubstr("Host keys are not checked")));
  EXPECT_EQ(owners->reaches.front().access->host_key_policy, engine::HostKeyPolicy::kOff);
  EXPECT_TRUE(absl::IsPermissionDenied(preparer_.Prepare(kCi, spec).status()));
}

TEST_F(RunPreparerTest, ALookWarnsOfGroupsAsARunDoes) {
  const std::string path = ::testing::TempDir() + "/groups.ini";
  std::ofstream(path) << "[prod]\nweb1\n";
  v1::RunSpec spec = Spec({});
  spec.mutable_targets()->set_inventory_file(path);
  v1::ResolveTargetsRequest request;
  for (const char* expression : {"prod", "@prod", "web1"}) {
    spec.mutable_targets()->set_expression(expression);
    *request.mutable_targets() = spec.targets();
    const auto run = Prepare(spec);
    const auto look = preparer_.Look(kOwner, request);
    ASSERT_TRUE(run.ok() && look.ok()) << run.status() << look.status();
    const std::vector<std::string> warnings(look->warnings().begin(), look->warnings().end());
    EXPECT_EQ(warnings, run->plan.warnings);
    EXPECT_EQ(warnings.size(), expression == std::string("prod") ? 1u : 0u) << expression;
  }
}

TEST_F(RunPreparerTest, NetworkCallersLearnNothingOfTheInventoryThatIsNotTheirs) {
  const std::string path = ::testing::TempDir() + "/hidden.ini";
  std::ofstream(path) << "[web]\nweb1\n[secret]\nsecret-db\n";
  Config config = config_;
  config.inventory_file = path;
  const RunPreparer preparer(&config, authorizer_.get(), &files_, RunSettings(), nullptr);
  const auto look = [&](const Caller& caller, const std::string& expression) {
    v1::ResolveTargetsRequest request;
    request.mutable_targets()->set_expression(expression);
    return preparer.Look(caller, request);
  };
  EXPECT_EQ(look(kOwner, "@*")->hosts_size(), 2);
  EXPECT_EQ(look(kCi, "@web")->hosts_size(), 1);
  const absl::Status denied = authorizer_->DenyTargets(kCi);
  for (const char* expression : {"@*", "*", "@secret", "@nothing", "@nothing[", "web1,secret*"}) {
    EXPECT_EQ(look(kCi, expression).status(), denied) << expression;
  }
  EXPECT_THAT(std::string(look(kOwner, "@secre").status().message()), HasSubstr("@secret"));
  EXPECT_THAT(std::string(look(kCi, "web1,web9").status().message()), HasSubstr("web9"));
}

TEST_F(RunPreparerTest, TerminalsAndVariablesGoToTheEngineAndTheProbesAreItsOwn) {
  v1::RunSpec spec = Spec({});
  spec.mutable_terminal()->set_columns(132);
  (*spec.mutable_command()->mutable_requested_environment())["A"] = "1";
  spec.mutable_rollout()->mutable_probe()->set_shell("true");
  (*spec.mutable_rollout()->mutable_probe()->mutable_requested_environment())["B"] = "2";
  spec.mutable_partial_lines_after()->set_nanos(50'000'000);
  const auto run = Prepare(spec);
  ASSERT_TRUE(run.ok()) << run.status();
  const engine::Terminal expected = {"xterm", {132, 24}};
  EXPECT_EQ(run->job.setup.terminal, expected);
  EXPECT_EQ(run->probe.setup.terminal, expected);
  EXPECT_EQ(run->job.setup.environment.count("A"), 1u);
  EXPECT_EQ(run->probe.setup.environment.count("A"), 0u);
  EXPECT_EQ(run->probe.setup.environment.at("B"), "2");
  EXPECT_EQ(run->job.partial_after, absl::Milliseconds(50));
  EXPECT_EQ(run->probe.partial_after, absl::ZeroDuration());
  EXPECT_EQ(run->plan.refused_environment, run->job.refused_environment);
}

TEST_F(RunPreparerTest, CommandsReadTheCallersArtifactAndProbesNothing) {
  TestArtifacts artifacts;
  artifacts.Put("uid:1", "app", "of the owner");
  artifacts.Put("dns:ci", "app", "of ci");
  const RunPreparer preparer(&config_, authorizer_.get(), &files_, RunSettings(),
                             artifacts.store());
  v1::RunSpec spec = Spec({});
  spec.mutable_login()->set_credential_name("deploy");
  spec.mutable_rollout()->mutable_probe()->set_shell("true");
  EXPECT_EQ(preparer.Prepare(kOwner, spec)->job.input, nullptr);
  spec.set_input(v1::RUN_INPUT_ARTIFACT);
  spec.set_input_artifact("app");
  const auto of_owner = preparer.Prepare(kOwner, spec);
  ASSERT_TRUE(of_owner.ok()) << of_owner.status();
  EXPECT_EQ(TestArtifacts::FirstOf(of_owner->job.input.get()), "of the owner");
  EXPECT_EQ(of_owner->probe.input, nullptr);
  EXPECT_EQ(of_owner->plan.spec.input_artifact(), "app");
  const auto of_ci = preparer.Prepare(kCi, spec);
  ASSERT_TRUE(of_ci.ok()) << of_ci.status();
  EXPECT_EQ(TestArtifacts::FirstOf(of_ci->job.input.get()), "of ci");
}

TEST_F(RunPreparerTest, AnArtifactThatIsNotThereOrNotWholeIsNotFound) {
  TestArtifacts artifacts;
  artifacts.Put("dns:ci", "app", "abc");
  artifacts.Put("uid:1", "part", "abc", /*end=*/false);
  const RunPreparer preparer(&config_, authorizer_.get(), &files_, RunSettings(),
                             artifacts.store());
  v1::RunSpec spec = Spec({});
  spec.set_input(v1::RUN_INPUT_ARTIFACT);
  for (const char* name : {"app", "part"}) {
    spec.set_input_artifact(name);
    const absl::Status status = preparer.Prepare(kOwner, spec).status();
    EXPECT_TRUE(absl::IsNotFound(status)) << status;
    EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_SOURCE_NOT_FOUND);
    EXPECT_THAT(std::string(status.message()), HasSubstr(name));
  }
  EXPECT_TRUE(absl::IsNotFound(Prepare(spec).status()));  // where there are none at all
}

TEST_F(RunPreparerTest, OnlyTheOwnerIsToldHowAPeerGreets) {
  v1::RunSpec spec = Spec({});
  spec.mutable_login()->set_credential_name("deploy");
  EXPECT_TRUE(Prepare(spec)->job.quote_greeting);
  EXPECT_FALSE(Prepare(spec, kCi)->job.quote_greeting);
  EXPECT_EQ(Prepare(spec, kCi)->plan.creator, "dns:ci");
}

}  // namespace
}  // namespace muster::service
