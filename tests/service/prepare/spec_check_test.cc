#include "service/prepare/spec_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "absl/strings/str_cat.h"
#include "tests/service/amounts.h"

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
  for (int i = 0; i < 8; ++i) spec.mutable_login()->add_jump_hosts("ann@[2001:db8::1]:2222");
  spec.mutable_login()->mutable_local()->add_known_hosts_files("/home/ann/.ssh/known_hosts");
  spec.mutable_timeouts()->mutable_connect()->set_seconds(10);
  spec.mutable_rollout()->set_max_in_flight(10'000);
  (*spec.mutable_labels())["ticket"] = "OPS-1";
  EXPECT_TRUE(CheckSpec(spec).ok());
}

TEST(SpecCheckTest, TakesAnArtifactAsInput) {
  v1::RunSpec spec = Good();
  spec.set_input(v1::RUN_INPUT_ARTIFACT);
  spec.set_input_artifact("app-1.2.tar_gz");
  EXPECT_EQ(CheckSpec(spec), absl::OkStatus());
}

TEST(SpecCheckTest, TakesARolloutWithinTheLimits) {
  v1::RunSpec spec = Good();
  v1::Rollout* rollout = spec.mutable_rollout();
  for (int i = 0; i < 998; ++i) *rollout->add_batches() = Hosts(1);
  *rollout->add_batches() = Percent(10);
  *rollout->add_batches() = Percent(100);
  *rollout->mutable_max_failures() = Percent(0);
  rollout->mutable_batch_pause()->set_seconds(3600);
  rollout->mutable_probe()->set_shell("systemctl is-active nginx");
  rollout->set_order(v1::HOST_ORDER_SHUFFLED);
  rollout->set_lock(std::string(256, 'l'));
  spec.mutable_stop()->mutable_grace()->set_seconds(3600);
  spec.mutable_timeouts()->mutable_run()->set_seconds(86'400);
  spec.mutable_output_limits()->set_policy(v1::OUTPUT_LIMIT_POLICY_CANCEL_HOST);
  EXPECT_EQ(CheckSpec(spec), absl::OkStatus());
}

struct Bad {
  const char* field;
  std::function<void(v1::RunSpec*)> spoil;
};

TEST(SpecCheckTest, NamesTheFieldThatIsOutOfItsLimits) {
  const Bad cases[] = {
      {"command", [](v1::RunSpec* spec) { spec->clear_command(); }},
      {"terminal.type",
       [](v1::RunSpec* spec) { spec->mutable_terminal()->set_type(std::string(65, 'x')); }},
      {"terminal.type", [](v1::RunSpec* spec) { spec->mutable_terminal()->set_type("a b"); }},
      {"terminal.columns: 10001; at most 10000",
       [](v1::RunSpec* spec) { spec->mutable_terminal()->set_columns(10'001); }},
      {"partial_lines_after",
       [](v1::RunSpec* spec) { spec->mutable_partial_lines_after()->set_nanos(19'000'000); }},
      {"partial_lines_after",
       [](v1::RunSpec* spec) { spec->mutable_partial_lines_after()->set_seconds(61); }},
      {"terminal.rows", [](v1::RunSpec* spec) { spec->mutable_terminal()->set_rows(10'001); }},
      {"command.requested_environment",
       [](v1::RunSpec* spec) {
         (*spec->mutable_command()->mutable_requested_environment())["a-b"] = "";
       }},
      {"rollout.probe.requested_environment: 65; at most 64",
       [](v1::RunSpec* spec) {
         v1::Command* probe = spec->mutable_rollout()->mutable_probe();
         probe->set_shell("true");
         for (int i = 0; i < 65; ++i) {
           (*probe->mutable_requested_environment())[absl::StrCat("a", i)] = "";
         }
       }},
      {"command.working_directory: 4097 bytes",
       [](v1::RunSpec* spec) {
         spec->mutable_command()->set_working_directory(std::string(4097, 'd'));
       }},
      {"command.umask: 1000; at most 777 (octal)",
       [](v1::RunSpec* spec) { spec->mutable_command()->set_umask(01000); }},
      {"command.script.content: 262145 bytes; at most 262144",
       [](v1::RunSpec* spec) {
         spec->mutable_command()->mutable_script()->set_content(std::string(262145, 'x'));
       }},
      {"command.script.name: it is no name",
       [](v1::RunSpec* spec) { spec->mutable_command()->mutable_script()->set_name("../x"); }},
      {"command.script.name: it is no name",
       [](v1::RunSpec* spec) { spec->mutable_command()->mutable_script()->set_name(".."); }},
      {"command.script.interpreter",
       [](v1::RunSpec* spec) { spec->mutable_command()->mutable_script()->add_interpreter(""); }},
      {"rollout.probe.script",
       [](v1::RunSpec* spec) {
         spec->mutable_rollout()->mutable_probe()->mutable_script()->set_content("x");
       }},
      {"stop.grace: 0: a script",
       [](v1::RunSpec* spec) {
         spec->mutable_command()->mutable_script()->set_content("x");
         spec->mutable_stop()->mutable_grace();
       }},
      {"terminal: a script",
       [](v1::RunSpec* spec) {
         spec->mutable_command()->mutable_script()->set_content("x");
         spec->mutable_terminal();
       }},
      {"rollout.probe.umask",
       [](v1::RunSpec* spec) {
         spec->mutable_rollout()->mutable_probe()->set_shell("x");
         spec->mutable_rollout()->mutable_probe()->set_umask(01000);
       }},
      {"targets.expression",
       [](v1::RunSpec* spec) { spec->mutable_targets()->set_expression(std::string(65537, 'a')); }},
      {"targets.inventory_file",
       [](v1::RunSpec* spec) { spec->mutable_targets()->set_inventory_file("relative"); }},
      {"login.port", [](v1::RunSpec* spec) { spec->mutable_login()->set_port(65536); }},
      {"login.user", [](v1::RunSpec* spec) { spec->mutable_login()->set_user("a\nb"); }},
      {"login.jump_hosts: 9; at most 8",
       [](v1::RunSpec* spec) {
         for (int i = 0; i < 9; ++i) spec->mutable_login()->add_jump_hosts("web1");
       }},
      {"login.jump_hosts: \"gate[1-2]\"",
       [](v1::RunSpec* spec) { spec->mutable_login()->add_jump_hosts("gate[1-2]"); }},
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
      {"login.credential_name: 257 bytes",
       [](v1::RunSpec* spec) {
         spec->mutable_login()->set_credential_name(std::string(257, 'c'));
       }},
      {"login.user",
       [](v1::RunSpec* spec) { spec->mutable_login()->set_user(std::string(257, 'u')); }},
      {"login.local.known_hosts_files: a path of 4097 bytes",
       [](v1::RunSpec* spec) {
         v1::LocalCredential* local = spec->mutable_login()->mutable_local();
         local->add_known_hosts_files("/" + std::string(4096, 'k'));
       }},
      {"login.local.identity_files.passphrase",
       [](v1::RunSpec* spec) {
         v1::IdentityFile* file = spec->mutable_login()->mutable_local()->add_identity_files();
         file->set_path("/k");
         file->set_passphrase(std::string(1025, 'p'));
       }},
      {"login.local.password: 1025 bytes; at most 1024",
       [](v1::RunSpec* spec) {
         spec->mutable_login()->mutable_local()->set_password(std::string(1025, 'p'));
       }},
      {"login.local.password: it holds a NUL byte",
       [](v1::RunSpec* spec) {
         spec->mutable_login()->mutable_local()->set_password(std::string("a\0b", 3));
       }},
      {"continue_after_restart: a password, passphrase or answer is not kept",
       [](v1::RunSpec* spec) {
         spec->mutable_login()->mutable_local()->set_password("p");
         spec->set_continue_after_restart(true);
       }},
      {"continue_after_restart: a password, passphrase or answer is not kept",
       [](v1::RunSpec* spec) {
         auto* file = spec->mutable_login()->mutable_local()->add_identity_files();
         file->set_path("/key");
         file->set_passphrase("p");
         spec->set_continue_after_restart(true);
       }},
      {"rollout.batches[0]: neither",
       [](v1::RunSpec* spec) { spec->mutable_rollout()->add_batches(); }},
      {"rollout.shuffle_seed: 9007199254740992; at most 9007199254740991",
       [](v1::RunSpec* spec) { spec->mutable_rollout()->set_shuffle_seed(uint64_t{1} << 53); }},
      {"output_limits.max_bytes_per_host",
       [](v1::RunSpec* spec) {
         spec->mutable_output_limits()->set_max_bytes_per_host(uint64_t{1} << 53);
       }},
      {"output_limits.max_bytes_per_run",
       [](v1::RunSpec* spec) {
         spec->mutable_output_limits()->set_max_bytes_per_run(uint64_t{1} << 53);
       }},
      {"cancel_after_disconnect",
       [](v1::RunSpec* spec) { spec->mutable_cancel_after_disconnect()->set_seconds(-1); }},
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
      {"timeouts.run",
       [](v1::RunSpec* spec) { spec->mutable_timeouts()->mutable_run()->set_nanos(-1); }},
      {"stop.grace",
       [](v1::RunSpec* spec) {
         spec->mutable_stop()->mutable_grace()->set_seconds(3600);
         spec->mutable_stop()->mutable_grace()->set_nanos(1);
       }},
      {"rollout.batches",
       [](v1::RunSpec* spec) {
         for (int i = 0; i < 1001; ++i) *spec->mutable_rollout()->add_batches() = Hosts(1);
       }},
      {"rollout.batches[1]: 0 hosts; at least 1",
       [](v1::RunSpec* spec) {
         *spec->mutable_rollout()->add_batches() = Hosts(1);
         *spec->mutable_rollout()->add_batches() = Hosts(0);
       }},
      {"rollout.max_failures: 101%",
       [](v1::RunSpec* spec) { *spec->mutable_rollout()->mutable_max_failures() = Percent(101); }},
      {"rollout.batch_pause",
       [](v1::RunSpec* spec) { spec->mutable_rollout()->mutable_batch_pause()->set_seconds(-1); }},
      {"rollout.probe", [](v1::RunSpec* spec) { spec->mutable_rollout()->mutable_probe(); }},
      {"rollout.order",
       [](v1::RunSpec* spec) {
         spec->mutable_rollout()->set_order(static_cast<v1::HostOrder>(77));
       }},
      {"rollout.lock",
       [](v1::RunSpec* spec) { spec->mutable_rollout()->set_lock(std::string(257, 'l')); }},
      {"output_limits.policy",
       [](v1::RunSpec* spec) {
         spec->mutable_output_limits()->set_policy(static_cast<v1::OutputLimitPolicy>(77));
       }},
      {"labels", [](v1::RunSpec* spec) { (*spec->mutable_labels())["k"] = std::string(257, 'x'); }},
      {"labels",
       [](v1::RunSpec* spec) {
         for (int i = 0; i < 33; ++i) (*spec->mutable_labels())[std::string(i + 1, 'k')] = "";
       }},
      {"input_artifact: it is missing",
       [](v1::RunSpec* spec) { spec->set_input(v1::RUN_INPUT_ARTIFACT); }},
      {"input_artifact: \"../a\"",
       [](v1::RunSpec* spec) {
         spec->set_input(v1::RUN_INPUT_ARTIFACT);
         spec->set_input_artifact("../a");
       }},
      {"input_artifact: 129 bytes; at most 128",
       [](v1::RunSpec* spec) {
         spec->set_input(v1::RUN_INPUT_ARTIFACT);
         spec->set_input_artifact(std::string(129, 'a'));
       }},
      {"input_artifact: it counts only where input is ARTIFACT",
       [](v1::RunSpec* spec) { spec->set_input_artifact("a"); }},
      {"input_artifact: it counts only where input is ARTIFACT",
       [](v1::RunSpec* spec) {
         spec->set_input(v1::RUN_INPUT_STREAM);
         spec->set_input_artifact("a");
       }},
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

TEST(SpecCheckTest, SshConfigIsReadForAnOwnLoginOnly) {
  v1::RunSpec spec;
  spec.mutable_targets()->set_expression("web1");
  spec.mutable_command()->set_shell("true");
  spec.mutable_login()->mutable_ssh_config();
  EXPECT_THAT(std::string(CheckSpec(spec).message()), HasSubstr("login.ssh_config: it is read"));
  spec.mutable_login()->mutable_local();
  EXPECT_TRUE(CheckSpec(spec).ok());
  spec.mutable_login()->mutable_ssh_config()->set_file("config");
  EXPECT_THAT(std::string(CheckSpec(spec).message()), HasSubstr("login.ssh_config.file"));
  spec.mutable_login()->mutable_ssh_config()->set_file("/config");
  spec.mutable_login()->mutable_ssh_config()->set_passphrase("secret");
  spec.set_continue_after_restart(true);
  EXPECT_THAT(std::string(CheckSpec(spec).message()), HasSubstr("continue_after_restart"));
}

}  // namespace
}  // namespace muster::service
