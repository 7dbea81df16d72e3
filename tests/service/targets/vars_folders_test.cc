#include "service/targets/vars_folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "service/prepare/file_cache.h"
#include "service/targets/load_inventory.h"
#include "service/targets/target_resolver.h"

namespace muster::service {
namespace {

using ::testing::HasSubstr;

namespace fs = std::filesystem;

class VarsFoldersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder_);
    Write("hosts", "[web]\nw1 ansible_user=own\nw2\n[db]\nd1\n[web:vars]\nansible_user=file\n");
  }
  void TearDown() override { fs::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text) {
    const fs::path path = folder_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }

  // "user@host:port" of each, or the error.
  std::string Select(const std::string& expression) {
    auto inventory = files_.GetInventory((folder_ / "hosts").string(), true);
    if (!inventory.ok()) return inventory.status().ToString();
    auto hosts = ResolveTargets(expression, inventory->get(), 100);
    if (!hosts.ok()) return hosts.status().ToString();
    std::string text;
    for (const ResolvedHost& host : *hosts) {
      absl::StrAppend(&text, text.empty() ? "" : " ", host.user, "@", host.name, ":", host.port);
    }
    return text;
  }

  const fs::path folder_ = fs::path(::testing::TempDir()) / absl::StrCat("vars.", getpid());
  FileCache files_;
};

TEST_F(VarsFoldersTest, NothingBesideTheInventory) {
  EXPECT_EQ(Select("w1,w2,d1"), "@d1:0 own@w1:0 file@w2:0");
}

TEST_F(VarsFoldersTest, FoldersGoBeforeTheFileAndHostsBeforeGroups) {
  Write("group_vars/all.yml", "ansible_user: all\nansible_port: 1\n");
  EXPECT_EQ(Select("w1,w2,d1"), "all@d1:1 own@w1:1 all@w2:1");
  Write("group_vars/web.yaml", "{\"ansible_user\": \"folder\"}");
  EXPECT_EQ(Select("w1,w2,d1"), "all@d1:1 own@w1:1 folder@w2:1");
  Write("host_vars/w1.json", "{\"ansible_user\": \"host\", \"other\": [1, {\"a\": 2}]}");
  EXPECT_EQ(Select("w1"), "host@w1:1");
}

TEST_F(VarsFoldersTest, AFolderOfAGroupIsReadInTheOrderOfItsNames) {
  Write("group_vars/db/a.yml", "ansible_user: a\nansible_port: 5\n");
  Write("group_vars/db/b/c.yml", "ansible_user: c\n");
  Write("group_vars/db/.hidden.yml", "ansible_user: hidden\n");
  Write("group_vars/db/z.yml~", "ansible_user: copy\n");
  Write("group_vars/db/z.txt", "ansible_user: text\n");
  Write("group_vars/db.yml", "ansible_user: second\n");
  EXPECT_EQ(Select("d1"), "c@d1:5");
}

TEST_F(VarsFoldersTest, WhatCannotBeDoneIsNamed) {
  Write("group_vars/db", "---\nansible_connection: local\n");
  EXPECT_THAT(Select("d1"), HasSubstr("group_vars/db:2: ansible_connection is not supported"));
  EXPECT_EQ(Select("w1"), "own@w1:0");
  Write("group_vars/db", "$ANSIBLE_VAULT;1.1;AES256\n6162\n");
  EXPECT_THAT(Select("d1"), HasSubstr("group_vars/db: vault has encrypted this file"));
  Write("group_vars/db", "a: [\n");
  EXPECT_THAT(Select("w1"), HasSubstr("group_vars/db:"));
}

TEST_F(VarsFoldersTest, GroupsAndHostsThatTheInventoryLacksAreNotRead) {
  Write("group_vars/other.yml", "a: [\n");
  Write("host_vars/other.yml", "a: [\n");
  EXPECT_EQ(Select("d1"), "@d1:0");
}

TEST_F(VarsFoldersTest, LinksInACircleEnd) {
  Write("group_vars/db/a.yml", "ansible_user: a\n");
  fs::create_directory_symlink("..", folder_ / "group_vars/db/up");
  EXPECT_EQ(Select("d1"), "a@d1:0");
}

}  // namespace
}  // namespace muster::service
