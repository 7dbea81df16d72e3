#include "client/options/hash_known_hosts.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace muster::client {
namespace {

class HashKnownHostsTest : public ::testing::Test {
 protected:
  HashKnownHostsTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "ssh_config.XXXXXX";
    home_ = mkdtemp(pattern.data());
    std::filesystem::create_directory(home_ + "/.ssh");
    std::filesystem::create_directory(home_ + "/etc");
  }
  ~HashKnownHostsTest() override { std::filesystem::remove_all(home_); }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(home_ + "/" + name) << text;
  }
  bool Hashes() { return HashesKnownHosts(home_, home_ + "/etc/ssh_config"); }

  std::string home_;
};

TEST_F(HashKnownHostsTest, WithoutFilesItIsOpenSshsDefault) { EXPECT_FALSE(Hashes()); }

TEST_F(HashKnownHostsTest, DebiansFileSaysYesForAllHosts) {
  Write("etc/ssh_config",
        "Include etc.d/*.conf\n\nHost *\n#   ForwardAgent no\n    SendEnv LANG LC_*\n"
        "    HashKnownHosts yes\n");
  EXPECT_TRUE(Hashes());
  Write(".ssh/config", "hashknownhosts = no\n");
  EXPECT_FALSE(Hashes());
}

TEST_F(HashKnownHostsTest, WhatHoldsForSomeHostsDoesNotCount) {
  Write(".ssh/config", "Host web*\n  HashKnownHosts yes\nMatch host db1\n  HashKnownHosts yes\n");
  EXPECT_FALSE(Hashes());
  Write(".ssh/config", "Host * !web1\n  HashKnownHosts yes\n");
  EXPECT_FALSE(Hashes());
  Write(".ssh/config", "Host web1\n  Port 23\nMatch all\n  HashKnownHosts \"yes\"\n");
  EXPECT_TRUE(Hashes());
}

TEST_F(HashKnownHostsTest, IncludedFilesAreRead) {
  Write(".ssh/config", "Include more/*.conf\nHashKnownHosts no\n");
  std::filesystem::create_directory(home_ + "/.ssh/more");
  Write(".ssh/more/a.conf", "Host db1\n  HashKnownHosts no\n");
  EXPECT_FALSE(Hashes());
  Write(".ssh/more/b.conf", "HashKnownHosts yes\n");
  EXPECT_TRUE(Hashes());
  Write(".ssh/more/a.conf", "Include a.conf\n");  // for ever
  Write(".ssh/more/b.conf", "Include more/b.conf\n");
  EXPECT_FALSE(Hashes());
}

}  // namespace
}  // namespace muster::client
