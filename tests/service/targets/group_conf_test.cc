#include "service/targets/group_conf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/prepare/file_cache.h"
#include "service/targets/load_inventory.h"
#include "service/targets/target_resolver.h"

namespace muster::service {
namespace {

namespace fs = std::filesystem;

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// As in ClusterShell's own file, with a count of its commands.
constexpr char kConf[] = R"([Main]
default: local
confdir: $CFGDIR/more.d /no/such/folder
autodir: "$CFGDIR/groups.d"

[local]
map: echo map >> runs; sed -n 's/^$GROUP:\(.*\)/\1/p' "$CFGDIR/groups"
all: sed -n 's/^all:\(.*\)/\1/p' groups
list: sed -n 's/^\([0-9A-Za-z_-]*\):.*/\1/p' groups
reverse: false
cache_time: 60
)";

class GroupConfTest : public ::testing::Test {
 protected:
  GroupConfTest() {
    fs::create_directories(folder_ / "more.d");
    fs::create_directories(folder_ / "groups.d");
    Write("groups.conf", kConf);
    Write("groups", "web: web[1-3]\ndb: db1 @spare\nspare: s1\nempty:\nall: web[1-3],db1,s1\n");
  }
  ~GroupConfTest() override { fs::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
  }
  std::string Conf() const { return folder_ / "groups.conf"; }
  std::string Select(absl::string_view expression) {
    const auto inventory = files_.GetInventory(Conf(), /*anew=*/true);
    if (!inventory.ok()) return inventory.status().ToString();
    const auto hosts = ResolveTargets(expression, inventory->get(), 1000);
    if (!hosts.ok()) return hosts.status().ToString();
    return absl::StrJoin(*hosts, " ", [](std::string* out, const ResolvedHost& host) {
      absl::StrAppend(out, host.name);
    });
  }
  std::string Runs() const {
    std::stringstream runs;
    runs << std::ifstream(folder_ / "runs").rdbuf();
    return runs.str();
  }

  const fs::path folder_ = absl::StrCat(::testing::TempDir(), "/it's groups.", getpid());
  FileCache files_;
};

TEST_F(GroupConfTest, CommandsTellGroups) {
  EXPECT_EQ(Select("@web!web2"), "web1 web3");
  EXPECT_EQ(Select("@local:db"), "db1 s1");
  EXPECT_EQ(Select("@*!@web"), "db1 s1");
  EXPECT_EQ(Select("s*"), "s1");
  EXPECT_EQ(Select("web9"), "web9");
}

TEST_F(GroupConfTest, EachIsRunOnceForEachRun) {
  EXPECT_EQ(Select("@web,x1,@web!@web"), "x1");
  EXPECT_EQ(Runs(), "map\n");
  EXPECT_EQ(Select("@web"), "web1 web2 web3");
  EXPECT_EQ(Runs(), "map\nmap\n");
}

TEST_F(GroupConfTest, AGroupThatIsNotThereIsNoEmptyOne) {
  EXPECT_EQ(Select("@empty,web1"), "web1");
  EXPECT_THAT(Select("@wbe,web1"),
              AllOf(StartsWith("NOT_FOUND"), HasSubstr("no hosts for the group \"wbe\""),
                    HasSubstr("@local:web"), HasSubstr("groups.conf:6")));
  EXPECT_THAT(
      Select("@nowhere:web"),
      AllOf(StartsWith("NOT_FOUND"), HasSubstr("no group source \"nowhere\""), HasSubstr("local")));
}

TEST_F(GroupConfTest, AFailureIsToldWithWhatItSaid) {
  Write("groups.conf", "[s]\nmap: echo no daemon >&2; exit 3\n");
  EXPECT_THAT(Select("@s:a"),
              AllOf(StartsWith("FAILED_PRECONDITION"), HasSubstr("groups.conf:1: the \"map\" of"),
                    HasSubstr("exit status 3"), HasSubstr("no daemon")));
  EXPECT_THAT(Select("@s:*"), HasSubstr("neither \"all\" nor \"list\""));
}

// It stands within the command, as the file has it.
TEST_F(GroupConfTest, ANameThatAShellCouldTakeForMoreIsNotGivenToOne) {
  Write("groups.conf", "[s]\nmap: echo map >> runs; echo $GROUP\n");
  EXPECT_EQ(Select("@s:h1"), "h1");
  for (const std::string name : {"$(id)", "`id`", "a;b", "a'b", "-n", "a|b", "a$b"}) {
    EXPECT_THAT(Select("@s:" + name), AllOf(StartsWith("INVALID_ARGUMENT"), Not(HasSubstr("uid"))))
        << name;
  }
  EXPECT_EQ(Runs(), "map\n");
}

TEST_F(GroupConfTest, FoldersHaveMoreSources) {
  Write("more.d/slurm.conf",
        "[part,sp]\nmap = test $SOURCE = sp -a -f slurm.conf &&\n  echo ${GROUP}x$$((1+1))\n"
        "list: echo a b\n");
  Write("more.d/slurm.conf.off", "[off]\n");
  Write("groups.d/racks.yaml", "racks:\n  r1: n[1-2]\n  both: '@r1,n7'\n");
  EXPECT_EQ(Select("@sp:n"), "nx2");
  EXPECT_EQ(Select("@sp:*"), "ax2 bx2");
  EXPECT_THAT(Select("@part:n"), HasSubstr("exit status 1"));
  EXPECT_EQ(Select("@racks:both"), "n1 n2 n7");
  EXPECT_THAT(Select("@racks:r2"), HasSubstr("racks.yaml has no group \"r2\""));
  EXPECT_EQ(Select("@web&web1"), "web1");
  Write("more.d/local.conf", "[local]\nmap: true\n");
  EXPECT_THAT(Select("@web"), HasSubstr("\"local\" is defined twice"));
}

TEST_F(GroupConfTest, WhatIsWrongIsToldWithItsLine) {
  Write("groups.conf", "[Main]\ndefault: nosuch\n[s]\nmap: true\n");
  EXPECT_THAT(Select("@a"), HasSubstr("groups.conf:1: the default source \"nosuch\""));
  Write("groups.conf", "[s]\nmap: true\n[t]\nall: true\n");
  EXPECT_THAT(Select("@a"), HasSubstr("groups.conf:3: the source \"t\" has no \"map\""));
  Write("groups.conf", "[s]\nmap: true\nnonsense\n");
  EXPECT_THAT(Select("@a"), HasSubstr("groups.conf:3: expected"));
}

TEST_F(GroupConfTest, CommandsThatOthersCouldHaveWrittenAreNotRun) {
  Write("more.d/open.conf", "[open]\nmap: true\n");
  chmod((folder_ / "more.d/open.conf").c_str(), 0666);
  EXPECT_THAT(Select("@web"), AllOf(StartsWith("FAILED_PRECONDITION"), HasSubstr("open.conf can be "
                                                                                 "written")));
  EXPECT_EQ(Runs(), "");
}

TEST(IsGroupConfTest, AnAnsibleInventoryIsNone) {
  for (const char* text : {"web1\n", "[Main]\nmap\ndefault\n", "[Main]\ndefault ansible_host=1\n",
                           "[web:vars]\nmap=1\n", "map: 1\n", "[2001:db8::1]\nmap=1\n"}) {
    EXPECT_FALSE(IsGroupConf(text)) << text;
  }
  EXPECT_TRUE(IsGroupConf("# all\n[Main]\nconfdir: /etc\n"));
  EXPECT_TRUE(IsGroupConf("\n[slurm]\nall: x\nMap = y\n"));
}

}  // namespace
}  // namespace muster::service
