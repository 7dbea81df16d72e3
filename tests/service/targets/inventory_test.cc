#include "service/targets/inventory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "service/targets/inventory_file.h"
#include "service/targets/load_inventory.h"
#include "service/targets/target_resolver.h"

namespace muster::service {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// "name=address user port" of each host that `expression` selects, or the error.
std::string Select(absl::string_view content, absl::string_view expression) {
  auto inventory = ParseInventory(content, "inv");
  if (!inventory.ok()) return inventory.status().ToString();
  auto hosts = ResolveTargets(expression, inventory->get(), 1000);
  if (!hosts.ok()) return hosts.status().ToString();
  std::string text;
  for (const ResolvedHost& host : *hosts) {
    absl::StrAppend(&text, text.empty() ? "" : " ", host.user, host.user.empty() ? "" : "@",
                    host.name);
    if (host.address != host.name) absl::StrAppend(&text, "=", host.address);
    if (host.port != 0) absl::StrAppend(&text, ":", host.port);
  }
  return text;
}

std::string LoadError(absl::string_view content) {
  return ParseInventory(content, "inv").status().ToString();
}

constexpr char kGroups[] = R"(# as in ClusterShell's cluster.yaml
roles:
    adm: "web1"
    all: '@adm,x[1-2]'
    nested: "@adm"

groups:
    web: "web[1-3]"
    db: [db1, "db[2-3]!db3"]
    prod: "@web,@db"
    spaced: web1 db1
    lines: |
      web1
      db1
    empty:
)";

TEST(GroupFileTest, Groups) {
  EXPECT_EQ(Select(kGroups, "@web"), "web1 web2 web3");
  EXPECT_EQ(Select(kGroups, "@db"), "db1 db2");
  EXPECT_EQ(Select(kGroups, "@prod!@web"), "db1 db2");
  EXPECT_EQ(Select(kGroups, "@groups:web&web2"), "web2");
  EXPECT_EQ(Select(kGroups, "@roles:adm"), "web1");
  EXPECT_EQ(Select(kGroups, "@roles:nested"), "web1");
  EXPECT_EQ(Select(kGroups, "@roles:*"), "web1 x1 x2");
  EXPECT_EQ(Select(kGroups, "@spaced"), "db1 web1");
  EXPECT_EQ(Select(kGroups, "@lines"), "db1 web1");
  EXPECT_EQ(Select(kGroups, "@empty,web9"), "web9");
  EXPECT_EQ(Select(kGroups, "@*"), "db1 db2 web1 web2 web3");
  EXPECT_EQ(Select(kGroups, "d*"), "db1 db2");
}

TEST(GroupFileTest, TheFirstSourceIsTheDefaultWhereNoneIsCalledGroups) {
  EXPECT_EQ(Select("b: {x: b1}\na: {x: a1}\n", "@x"), "b1");
  EXPECT_EQ(Select("b: {x: b1}\ndefault: {x: a1}\n", "@x"), "a1");
}

TEST(GroupFileTest, UnknownGroupsAreNamedWithTheClosest) {
  EXPECT_THAT(Select(kGroups, "@wbe"),
              AllOf(StartsWith("NOT_FOUND"), HasSubstr("inv has no group \"wbe\""),
                    HasSubstr("did you mean @db or @web?")));
  EXPECT_THAT(Select(kGroups, "@roles:adn"), HasSubstr("did you mean @roles:adm"));
  EXPECT_THAT(Select(kGroups, "@adm"), HasSubstr("another source has it: @roles:adm"));
  EXPECT_THAT(Select(kGroups, "@role:adm"),
              HasSubstr("no group source \"role\"; did you mean roles"));
  EXPECT_THAT(Select(kGroups, "@zzzzzzzzzzzz"), HasSubstr("there are @db, @empty"));
}

TEST(GroupFileTest, MistakesNameTheLine) {
  EXPECT_THAT(LoadError("web: web1\n"), HasSubstr("inv:1: expected groups below \"web:\""));
  EXPECT_THAT(LoadError("groups:\n  web: {a: b}\n"),
              HasSubstr("inv:2: the group \"web\" needs hosts"));
  EXPECT_THAT(LoadError("groups:\n  web: [[a]]\n"),
              HasSubstr("inv:2: the group \"web\" needs hosts"));
  EXPECT_THAT(LoadError("groups:\n  web: a\n  web: b\n"),
              HasSubstr("inv:3: \"web\" is defined twice in the source groups, first in line 2"));
  EXPECT_THAT(LoadError("groups:\n  'a b': c\n"),
              HasSubstr("inv:2: \"a b\" is no name for a group"));
  EXPECT_THAT(LoadError("groups:\n  web: [a\n"), HasSubstr("inv:3: not YAML: "));
  EXPECT_THAT(LoadError("groups:\n  ? [a]\n  : b\n"), HasSubstr("inv:2: a name is missing"));
  EXPECT_THAT(Select("groups:\n  a: x\n  web: 'w[2-1]'\n", "@web"),
              HasSubstr("@web (inv:3): bad target expression"));
}

TEST(GroupFileTest, AliasesAndMergeKeys) {
  EXPECT_EQ(Select("a: &a {x: a1, y: a2}\ngroups:\n  <<: *a\n  x: b1\n", "@x,@y"), "a2 b1");
  EXPECT_EQ(Select("a: &a {x: a1}\nb: &b {y: b1}\ngroups:\n  <<: [*a, *b]\n", "@x,@y"), "a1 b1");
  EXPECT_THAT(LoadError("groups: &g\n  x: [*g]\n"), HasSubstr("inv:2: an alias within"));
}

TEST(GroupFileTest, AliasBombsAreBounded) {
  std::string bomb = "a0: &a0 {x: y}\n";
  for (int i = 1; i < 15; ++i) {
    absl::StrAppend(&bomb, "a", i, ": &a", i, " {<<: [");
    for (int j = 0; j < 10; ++j) absl::StrAppend(&bomb, j > 0 ? "," : "", "*a", i - 1);
    absl::StrAppend(&bomb, "]}\n");
  }
  EXPECT_THAT(LoadError(bomb), StartsWith("RESOURCE_EXHAUSTED"));

  std::string text = absl::StrCat("groups:\n  a: &a \"", std::string(100000, 'x'), "\"\n");
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&text, "  g", i, ": *a\n");
  EXPECT_THAT(LoadError(text), StartsWith("RESOURCE_EXHAUSTED"));
}

TEST(GroupFileTest, DeepAndHugeFilesAreBounded) {
  EXPECT_THAT(LoadError("groups: " + std::string(100000, '[')), HasSubstr("not YAML"));
  std::string many = "groups:\n  a: [";
  for (int i = 0; i < 1100000; ++i) many += "a,\n";
  EXPECT_THAT(LoadError(many + "]\n"), StartsWith("RESOURCE_EXHAUSTED"));
  EXPECT_THAT(LoadError(std::string(kMaxInventoryBytes + 1, '#')),
              StartsWith("RESOURCE_EXHAUSTED"));
}

constexpr char kIni[] = R"(; loose hosts first
bastion ansible_host=10.0.0.1   # the way in

[web]
www[01:03].example.com
web9:2222 ansible_user='ann b' note="a # b"

[db]
db-[a:b] ansible_port=2200
[2001:db8::1]:2022

[prod:children]
web
db

[prod:vars]
ansible_user = deploy
[web:vars]
ansible_ssh_user="www"
[all:vars]
ansible_port=22022
)";

TEST(AnsibleIniTest, HostsGroupsAndVariables) {
  EXPECT_EQ(Select(kIni, "bastion"), "bastion=10.0.0.1:22022");
  EXPECT_EQ(Select(kIni, "@web!web9"),
            "www@www01.example.com:22022 www@www02.example.com:22022 www@www03.example.com:22022");
  EXPECT_EQ(Select(kIni, "@db"), "deploy@2001:db8::1:2022 deploy@db-a:2200 deploy@db-b:2200");
  EXPECT_EQ(Select(kIni, "ann@db-a:23"), "ann@db-a:23");
  EXPECT_EQ(Select(kIni, "@ungrouped"), "bastion=10.0.0.1:22022");
  EXPECT_EQ(Select(kIni, "@all!@prod"), "bastion=10.0.0.1:22022");
  EXPECT_EQ(Select(kIni, "@*&db*"), "deploy@db-a:2200 deploy@db-b:2200");
}

TEST(AnsibleIniTest, OneBadHostDoesNotSpoilTheOthers) {
  EXPECT_THAT(Select(kIni, "web9"),
              HasSubstr("the host web9 cannot be used as the inventory says: inv:6: ansible_user"));
  constexpr char kTemplate[] = "a ansible_host={{ip}}\nb ansible_port=99999\nc\n";
  EXPECT_THAT(Select(kTemplate, "a"), HasSubstr("inv:1: ansible_host is a template"));
  EXPECT_THAT(Select(kTemplate, "b"), HasSubstr("inv:2: ansible_port cannot be \"99999\""));
  EXPECT_EQ(Select(kTemplate, "c"), "c");
}

TEST(AnsibleIniTest, InnerGroupsAndLaterNamesWin) {
  constexpr char kText[] =
      "[a]\nh\n[b]\nh\n[outer:children]\na\n"
      "[outer:vars]\nansible_user=outer\nansible_port=1\n"
      "[a:vars]\nansible_user=a\n[b:vars]\nansible_user=b\nansible_host=x\n";
  // outer and b stand at the top, a within outer.
  EXPECT_EQ(Select(kText, "h"), "a@h=x:1");
}

TEST(AnsibleIniTest, MistakesNameTheLine) {
  EXPECT_THAT(LoadError("[web]\nw[3:1]\n"), HasSubstr("inv:2: [3:1] is no range"));
  EXPECT_THAT(LoadError("[web]\nw1 nonsense\n"), HasSubstr("inv:2: expected key=value"));
  EXPECT_THAT(LoadError("[web]\nw1 a='b\n"), HasSubstr("inv:2: a quote is not closed"));
  EXPECT_THAT(LoadError("[web:child]\n"), HasSubstr("inv:1: [web:child]: expected [GROUP]"));
  EXPECT_THAT(LoadError("[a:children]\nb\n"), HasSubstr("inv:2: the group \"b\" is not defined"));
  EXPECT_THAT(LoadError("w1\n[b:vars]\nc=d\n"), HasSubstr("inv:2: variables for the group \"b\""));
  EXPECT_THAT(LoadError("[b]\n[b:vars]\ncd\n"), HasSubstr("inv:3: expected key=value"));
  EXPECT_THAT(LoadError("[a b]\n"), HasSubstr("inv:1: \"a b\" is no name for a group"));
  EXPECT_THAT(LoadError("w1,w2\n"), HasSubstr("inv:1: bad target expression"));
  EXPECT_THAT(LoadError("[a:children]\nb\n[b:children]\na\n"), HasSubstr("includes itself"));
  EXPECT_THAT(LoadError("[a]\r\nw1\r\n"), "OK");
}

TEST(AnsibleIniTest, RangesAreBoundedOverTheWholeFile) {
  EXPECT_THAT(LoadError("w[1:150000]\nx[1:150000]\n"),
              AllOf(StartsWith("RESOURCE_EXHAUSTED"), HasSubstr("inv:2:")));
  EXPECT_THAT(LoadError("web[1:1999999]\n"),
              AllOf(StartsWith("RESOURCE_EXHAUSTED"), HasSubstr("inv:1:")));
  std::string often = "w[1:199999]\n";
  for (int i = 0; i < 5; ++i) absl::StrAppend(&often, "[g", i, "]\nw[1:199999]\n");
  EXPECT_THAT(LoadError(often), AllOf(StartsWith("RESOURCE_EXHAUSTED"), HasSubstr("inv:11:")));
}

// Each of them changes how a host is reached or who runs the command.
TEST(AnsibleIniTest, WhatMusterCannotDoAsTheInventorySaysIsRefused) {
  for (const std::string setting :
       {"ansible_connection=local", "ansible_connection=community.docker.docker",
        "ansible_ssh_private_key_file=k", "ansible_private_key_file=k", "ansible_ssh_pass=x",
        "ansible_password=x", "ansible_ssh_common_args='-F f'", "ansible_ssh_extra_args=-N",
        "ansible_ssh_args='-o'", "ansible_ssh_executable=/opt/x"}) {
    EXPECT_THAT(Select(absl::StrCat("a\nh ", setting, "\n"), "h"),
                AllOf(StartsWith("INVALID_ARGUMENT: the host h cannot be used"),
                      HasSubstr("inv:2: ansible_")))
        << setting;
    EXPECT_EQ(Select(absl::StrCat("a\nh ", setting, "\n"), "a"), "a");
    EXPECT_THAT(Select(absl::StrCat("h\n[all:vars]\n", setting, "\n"), "h"), HasSubstr("inv:3:"));
  }
  for (const std::string setting :
       {"ansible_connection=ssh", "ansible_connection=smart", "ansible_connection=paramiko",
        "ansible_connection=ansible.builtin.ssh", "ansible_ssh_common_args=''",
        "ansible_ssh_executable=/usr/bin/ssh", "ansible_python_interpreter=/x",
        "ansible_ssh_private_key_file=''"}) {
    EXPECT_EQ(Select(absl::StrCat("h ", setting, "\n"), "h"), "h") << setting;
  }
}

// What a run that becomes `run` is told of the host h.
std::string BecomeError(absl::string_view variables, const absl::optional<BecomeOfRun>& run,
                        const std::vector<std::string>& ignored = {}) {
  const auto inventory = *ParseInventory(absl::StrCat("a\nh ", variables, "\n"), "inv");
  const auto hosts = ResolveTargets("h", inventory.get(), 1, ignored, &run);
  return hosts.ok() ? "" : std::string(hosts.status().message());
}

const absl::optional<BecomeOfRun> kNobody;
const absl::optional<BecomeOfRun> kRoot = BecomeOfRun{"root", "sudo"};

TEST(AnsibleIniTest, ARunThatBecomesNobodyIsRefusedWhereTheInventorySaysOtherwise) {
  for (const std::string setting :
       {"ansible_become=true", "ansible_become=Yes", "ansible_sudo=1", "ansible_su=on"}) {
    EXPECT_THAT(BecomeError(setting, kNobody),
                AllOf(StartsWith("the host h cannot be used"), HasSubstr("inv:2: ansible_become"),
                      HasSubstr("give --become. To run without")))
        << setting;
  }
  EXPECT_THAT(BecomeError("ansible_become=1 ansible_become_user=postgres "
                          "ansible_become_method=community.general.doas",
                          kNobody),
              HasSubstr("give --become=postgres --become-method doas"));
  EXPECT_THAT(BecomeError("ansible_become=1 ansible_become_method=pbrun", kNobody),
              HasSubstr("by sudo, su or doas"));
  EXPECT_THAT(BecomeError("ansible_become='{{ x }}'", kNobody), HasSubstr("is a template"));
  for (const std::string setting :
       {"ansible_become=no", "ansible_become=False", "ansible_become_user=postgres",
        "ansible_become_method=pbrun", "ansible_become_pass=x", "ansible_become_exe=/opt/x"}) {
    EXPECT_EQ(BecomeError(setting, kNobody), "") << setting;
  }
  EXPECT_EQ(BecomeError("ansible_become=1", kNobody, {"ansible_become"}), "");
  // The host's own setting counts, not its group's.
  EXPECT_EQ(BecomeError("ansible_become=no\n[all:vars]\nansible_become=yes", kNobody), "");
  // Where nothing is run, nobody becomes anybody.
  EXPECT_EQ(Select("h ansible_become=yes\n", "h"), "h");
}

TEST(AnsibleIniTest, ARunThatBecomesSomebodyIsRefusedWhereTheInventorySaysOtherwise) {
  for (const std::string setting :
       {"ansible_become=yes", "ansible_become=no", "ansible_become=yes ansible_become_user=root",
        "ansible_become_method=sudo", "ansible_become_method=ansible.builtin.sudo",
        "ansible_become_method=''", "ansible_become_exe=/usr/bin/sudo",
        "ansible_become_flags='-H -S -n'", "ansible_become_password=''"}) {
    EXPECT_EQ(BecomeError(setting, kRoot), "") << setting;
  }
  EXPECT_THAT(BecomeError("ansible_become_user=postgres", kRoot),
              AllOf(HasSubstr("ansible_become_user is \"postgres\", and the run's is \"root\""),
                    HasSubstr("--become=postgres")));
  EXPECT_THAT(BecomeError("ansible_become_method=su", kRoot),
              HasSubstr("ansible_become_method is \"su\", and the run's is \"sudo\""));
  EXPECT_EQ(BecomeError("ansible_become_method=su", BecomeOfRun{"root", "su"}), "");
  EXPECT_THAT(BecomeError("ansible_become_pass=secret", kRoot),
              AllOf(HasSubstr("ansible_become_password"), HasSubstr("--become-password-file"),
                    Not(HasSubstr("secret"))));
  for (const std::string setting :
       {"ansible_become_exe=/opt/x", "ansible_become_flags=-i", "ansible_become_method=pbrun",
        "ansible_become_user='{{ x }}'"}) {
    EXPECT_NE(BecomeError(setting, kRoot), "") << setting;
  }
  EXPECT_EQ(BecomeError("ansible_become_user=x", kRoot, {"ansible_become_user"}), "");
}

TEST(AnsibleIniTest, WhatItHasSshToldIsKeptInAnsiblesOrder) {
  const auto inventory = *ParseInventory(
      "h ansible_ssh_extra_args='-o Port=23' ansible_ssh_common_args='-J gate -C' "
      "ansible_private_key_file='~/key' ansible_ssh_args=-4\n"
      "i ansible_ssh_common_args=\"-o ProxyCommand='ssh -W %h:%p gate'\"\n",
      "inv");
  const auto options = [&](absl::string_view host, const std::vector<std::string>& ignored) {
    return ResolveTargets(host, inventory.get(), 1, ignored)->front().ssh_options;
  };
  EXPECT_THAT(options("h", {}), ElementsAre("AddressFamily=inet", "IdentityFile=~/key",
                                            "ProxyJump=gate", "Compression=yes", "Port=23"));
  EXPECT_THAT(options("h", {"ansible_ssh_common_args"}),
              ElementsAre("AddressFamily=inet", "IdentityFile=~/key", "Port=23"));
  EXPECT_THAT(options("i", {}), ElementsAre("ProxyCommand=ssh -W %h:%p gate"));
}

TEST(AnsibleIniTest, WhatIsRefusedCanBeLeftOutOfAccount) {
  const auto inventory = *ParseInventory("h ansible_become=1 ansible_connection=local\n", "inv");
  const auto resolve = [&](const std::vector<std::string>& ignored) {
    return ResolveTargets("h", inventory.get(), 1, ignored, &kNobody).status().ToString();
  };
  EXPECT_THAT(resolve({}), HasSubstr("targets.ignored_variables ansible_connection"));
  EXPECT_THAT(resolve({"ansible_connection"}), HasSubstr("ignored_variables ansible_become"));
  EXPECT_EQ(resolve({"ansible_become", "ansible_connection"}), "OK");
}

TEST(AnsibleIniTest, NamesOfHostsAreTheSameInUpperAndLowerCase) {
  const auto inventory = *ParseInventory("[web]\nWeb1 ansible_port=2222\nweb2\n", "inv");
  const auto find = [&](absl::string_view expression) {
    std::vector<std::string> found;
    const auto hosts = *ResolveTargets(expression, inventory.get(), 10);
    for (const ResolvedHost& host : hosts) {
      found.push_back(absl::StrCat(host.name, ":", host.port));
    }
    return found;
  };
  EXPECT_THAT(find("WEB1"), ElementsAre("WEB1:2222"));
  EXPECT_THAT(find("web1,WEB1,@web!WEB2"), ElementsAre("web1:2222"));
  EXPECT_THAT(LoadError("web1\nWEB1\n"), HasSubstr("differ in upper and lower case alone"));
}

TEST(LoadInventoryTest, WhatIsForAnsiblesPluginsIsRefusedWithAWay) {
  EXPECT_THAT(LoadError("---\nplugin: ansible.builtin.constructed\nstrict: false\n"
                        "groups:\n  web: \"'web' in inventory_hostname\"\n"),
              AllOf(StartsWith("INVALID_ARGUMENT: inv:2: "), HasSubstr("builtin.constructed"),
                    HasSubstr("exec ansible-inventory -i %s --list\\n' inv > ")));
  EXPECT_EQ(Select("plugin:\n  a: h\n", "@plugin:a"), "h") << "a source of ClusterShell's";
}

TEST(LoadInventoryTest, WhatIsNotUtf8IsRefusedWithItsLine) {
  EXPECT_THAT(LoadError("a\nh\xff\n"), HasSubstr("inv:2: not UTF-8"));
  EXPECT_THAT(LoadError("groups:\n  a: 'caf\xe9'\n"), HasSubstr("inv:2: not UTF-8"));
  EXPECT_EQ(LoadError("a note=caf\xc3\xa9\n"), "OK");
}

TEST(AnsibleIniTest, DeepNestingIsRefused) {
  std::string text = "[g0]\nh\n";
  for (int i = 1; i < 50; ++i) absl::StrAppend(&text, "[g", i, ":children]\ng", i - 1, "\n");
  EXPECT_THAT(LoadError(text), HasSubstr("groups within groups"));
}

TEST(AnsibleYamlTest, ValuesThatAreNoScalarsAreNotPassedOver) {
  EXPECT_THAT(Select("all: {hosts: {h: {ansible_ssh_common_args: [-J, gate]}}}\n", "h"),
              HasSubstr("ansible_ssh_common_args has"));
  EXPECT_THAT(Select("all: {hosts: {h: {ansible_port: [1]}}}\n", "h"), HasSubstr("cannot be"));
  EXPECT_EQ(Select("all: {hosts: {h: {ansible_become: }}}\n", "h"), "h");
  EXPECT_THAT(Select("all: {hosts: {h: {ansible_user: !vault $ANSIBLE_VAULT;1.1}}}\n", "h"),
              HasSubstr("is encrypted by ansible-vault"));
}

constexpr char kYaml[] = R"(---
all:
  vars: &defaults
    ansible_user: deploy
  hosts:
    bastion: {ansible_host: 10.0.0.1, ansible_port: 2222}
  children:
    web:
      hosts:
        www[01:02].example.com:
        web9: {<<: *defaults, ansible_host: '[::1]'}
      vars: {ansible_port: 80, other: [1, 2]}
    prod:
      children:
        web:
        db: {hosts: {db1: null}}
)";

TEST(AnsibleYamlTest, HostsGroupsAndVariables) {
  EXPECT_EQ(Select(kYaml, "bastion"), "deploy@bastion=10.0.0.1:2222");
  EXPECT_EQ(Select(kYaml, "@web"),
            "deploy@web9=::1:80 deploy@www01.example.com:80 deploy@www02.example.com:80");
  EXPECT_EQ(Select(kYaml, "@prod!@web"), "deploy@db1");
  EXPECT_EQ(Select(kYaml, "@all&b*"), "deploy@bastion=10.0.0.1:2222");
  EXPECT_EQ(Select(kYaml, "@ungrouped"), "deploy@bastion=10.0.0.1:2222");
}

TEST(AnsibleYamlTest, MistakesNameTheLine) {
  EXPECT_THAT(LoadError("all:\n  hosts:\n    'a b': {}\n"),
              HasSubstr("inv:3: bad target expression"));
  EXPECT_THAT(LoadError("all:\n  hosts:\n    h: x\n"),
              HasSubstr("inv:3: expected \"key: value\" lines in the host h"));
  EXPECT_THAT(LoadError("all:\n  children:\n    web:\n      host: {h: }\n"),
              HasSubstr("inv:4: expected hosts, children or vars in the group web"));
}

TEST(LoadInventoryTest, Files) {
  const std::string path = absl::StrCat(::testing::TempDir(), "/inventory.", getpid());
  std::ofstream(path) << "\xef\xbb\xbf" << kGroups;
  ASSERT_TRUE(LoadInventory(path).ok());
  EXPECT_EQ(ResolveTargets("@web", LoadInventory(path)->get(), 10)->size(), 3);
  std::remove(path.c_str());
  EXPECT_THAT(LoadInventory(path).status().ToString(),
              AllOf(StartsWith("NOT_FOUND"), HasSubstr(path)));
  EXPECT_THAT(LoadInventory(::testing::TempDir()).status().ToString(),
              HasSubstr("is not a regular file"));
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_THAT(LoadInventory(path).status().ToString(), HasSubstr("is not a regular file"));
  std::remove(path.c_str());
}

TEST(LoadInventoryTest, AFileThatMayNotBeReadIsNotDenied) {
  const std::string path = absl::StrCat(::testing::TempDir(), "/closed.", getpid());
  std::ofstream(path) << kGroups;
  chmod(path.c_str(), 0);
  const bool root = geteuid() == 0;  // who may read every file
  if (root) {
    ASSERT_EQ(seteuid(65534), 0);
  }
  const absl::Status status = LoadInventory(path).status();
  if (root) {
    ASSERT_EQ(seteuid(0), 0);
  }
  std::remove(path.c_str());
  EXPECT_THAT(status.ToString(), AllOf(StartsWith("FAILED_PRECONDITION"), HasSubstr(path)));
}

TEST(LoadInventoryTest, AnEmptyFileKnowsNothing) {
  EXPECT_EQ(Select("", "web1"), "web1");
  EXPECT_THAT(Select("---\n", "@web"), HasSubstr("defines no groups"));
}

}  // namespace
}  // namespace muster::service
