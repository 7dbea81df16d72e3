#include "service/targets/inventory_program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/prepare/file_cache.h"
#include "service/targets/load_inventory.h"
#include "service/targets/target_resolver.h"

namespace muster::service {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class InventoryProgramTest : public ::testing::Test {
 protected:
  ~InventoryProgramTest() override { unlink(path_.c_str()); }

  void Write(const std::string& text, mode_t mode = 0755) {
    std::ofstream(path_) << text;
    chmod(path_.c_str(), mode);
  }
  void WriteScript(const std::string& body) { Write(absl::StrCat("#!/bin/sh\n", body, "\n")); }
  std::string Error(absl::Duration limit = absl::Seconds(30)) {
    return RunInventoryProgram(path_, limit).status().ToString();
  }
  bool IsProgram() { return IsInventoryProgram(path_).value_or(false); }
  std::string LoadError() { return LoadInventory(path_).status().ToString(); }

  const std::string path_ = absl::StrCat(::testing::TempDir(), "/it's an inventory.", getpid());
};

TEST_F(InventoryProgramTest, OnlyAProgramIsRun) {
  EXPECT_FALSE(IsProgram());
  Write("web1\n", 0755);
  EXPECT_FALSE(IsProgram()) << "on some file systems all files are so";
  EXPECT_TRUE(LoadInventory(path_).ok());
  Write("#!/bin/sh\n", 0755);
  EXPECT_TRUE(IsProgram());
  EXPECT_FALSE(IsInventoryProgram(::testing::TempDir()).value_or(true));
  EXPECT_TRUE(IsInventoryProgram("/bin/true").value_or(false));
}

// It is not read as a list of hosts instead: "#" begins a comment there.
TEST_F(InventoryProgramTest, OneThatMayNotBeRunIsRefused) {
  Write("#!/bin/sh\nweb1\n", 0644);
  EXPECT_THAT(LoadError(), AllOf(HasSubstr("FAILED_PRECONDITION"), HasSubstr("chmod u+x")));
  Write("#!/bin/sh\nweb1\n", 0757);
  EXPECT_THAT(LoadError(), AllOf(HasSubstr("written by others"), HasSubstr("chmod go-w")));
  if (getuid() != 0) return;
  Write("#!/bin/sh\nweb1\n", 0755);
  ASSERT_EQ(chown(path_.c_str(), 65534, 0), 0);
  EXPECT_THAT(LoadError(), HasSubstr("belongs to another user"));
}

TEST_F(InventoryProgramTest, ItIsAskedForAListAndReadToItsEnd) {
  WriteScript(
      "echo \"$@\"; cat; i=0; while [ $i -lt 3000 ]; do echo line-$i-of-the-output; "
      "i=$((i + 1)); done; echo end");
  const auto output = RunInventoryProgram(path_);
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_THAT(*output, AllOf(StartsWith("--list\nline-0"), HasSubstr("\nend\n")));
}

TEST_F(InventoryProgramTest, AFailureIsToldWithWhatItSaid) {
  WriteScript("echo '{}'; echo no credentials >&2; exit 3");
  EXPECT_THAT(Error(), AllOf(HasSubstr("FAILED_PRECONDITION"), HasSubstr("exit status 3"),
                             HasSubstr("no credentials")));
  WriteScript("kill -9 $$");
  EXPECT_THAT(Error(), HasSubstr("signal 9"));
  Write("#!/no/such/interpreter\n");
  EXPECT_THAT(Error(), HasSubstr("FAILED_PRECONDITION"));
}

TEST_F(InventoryProgramTest, OneThatDoesNotEndIsKilled) {
  WriteScript("echo waiting >&2; exec sleep 1000");
  const absl::Time begin = absl::Now();
  EXPECT_THAT(Error(absl::Milliseconds(300)),
              AllOf(HasSubstr("did not end within 300ms"), HasSubstr("waiting")));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(20));
}

TEST_F(InventoryProgramTest, OneThatWritesWithoutEndIsKilled) {
  WriteScript("exec yes");
  EXPECT_THAT(Error(), HasSubstr("RESOURCE_EXHAUSTED"));
}

TEST_F(InventoryProgramTest, WhatItLeavesBehindIsNotWaitedFor) {
  WriteScript("sleep 1000 & echo '{\"_meta\": {}}'; echo $! > \"$0.pid\"");
  EXPECT_TRUE(LoadInventory(path_).ok()) << LoadError();
  int left = 0;
  std::ifstream(path_ + ".pid") >> left;
  EXPECT_EQ(kill(left, SIGKILL), 0);
  unlink((path_ + ".pid").c_str());
}

TEST_F(InventoryProgramTest, GroupsHostsAndVariablesAreRead) {
  WriteScript(R"(cat <<'END'
{"web": {"hosts": ["web1", "web2"], "vars": {"ansible_port": 2222, "x": {"y": [1]}}},
 "empty": {}, "odd": {"vars": {"tag": "\ud83d\ude00 \/"}},
 "db": ["db1"],
 "prod": {"children": ["web", "db", "later"]},
 "_meta": {"hostvars": {"web1": {"ansible_host": "10.0.0.1", "ansible_user": {"__ansible_unsafe": "ann"},
                                 "ansible_connection": null},
                        "nobody": {"ansible_become": true}}}}
END)");
  const auto inventory = LoadInventory(path_);
  ASSERT_TRUE(inventory.ok()) << inventory.status();
  const auto hosts = ResolveTargets("@prod", inventory->get(), 10);
  ASSERT_TRUE(hosts.ok()) << hosts.status();
  std::vector<std::string> texts;
  for (const ResolvedHost& host : *hosts) {
    texts.push_back(absl::StrCat(host.user, "@", host.name, "=", host.address, ":", host.port));
  }
  EXPECT_THAT(texts, ElementsAre("@db1=db1:0", "ann@web1=10.0.0.1:2222", "@web2=web2:2222"));
}

// For each run, but not for each page of one answer.
TEST_F(InventoryProgramTest, ItIsRunAnewWhereThatIsAsked) {
  WriteScript("echo run >> \"$0.runs\"; echo '{\"_meta\": {}}'");
  FileCache files;
  for (const bool anew : {false, false, true, false, true}) {
    EXPECT_TRUE(files.GetInventory(path_, anew).ok());
  }
  std::stringstream runs;
  runs << std::ifstream(path_ + ".runs").rdbuf();
  EXPECT_EQ(runs.str(), "run\nrun\nrun\n");
  unlink((path_ + ".runs").c_str());
}

TEST_F(InventoryProgramTest, WhatIsNoInventoryIsRefusedWithItsLine) {
  WriteScript("echo '{\"web\": [\"web1\"]}'");
  EXPECT_THAT(LoadError(), HasSubstr("no \"_meta\""));
  WriteScript("echo '{\"web\": {\"hosts\": \"web1\"}, \"_meta\": {}}'");
  EXPECT_THAT(LoadError(), AllOf(HasSubstr("--list: the hosts of web are no list")));
  WriteScript("echo '{\"web\": {\"hots\": []}, \"_meta\": {}}'");
  EXPECT_THAT(LoadError(), HasSubstr("found \"hots\""));
  WriteScript("echo '{\"web\": [\"web[1:3]\"], \"_meta\": {}}'");
  EXPECT_THAT(LoadError(), HasSubstr("\"web[1:3]\" in the group web is no name of a host"));
  WriteScript("echo '{\"web\": [\"web1:22\"], \"_meta\": {}}'");
  EXPECT_THAT(LoadError(), HasSubstr("\"web1:22\" in the group web is no name of a host"));
  WriteScript("echo not json");
  EXPECT_THAT(LoadError(), AllOf(HasSubstr("INVALID_ARGUMENT"), HasSubstr("no JSON")));
}

}  // namespace
}  // namespace muster::service
