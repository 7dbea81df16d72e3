#include "ssh_engine/net/name_order.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace muster::engine {
namespace {

using System = NameOrder::System;

System For(const char* hosts, const char* name) {
  return NameOrder::Parse(absl::StrCat("passwd: files sss\nhosts: ", hosts, "\nservices: db\n"))
      .ForName(name, "this-box");
}

TEST(NameOrderTest, FilesAndDnsNeedNobodyElse) {
  EXPECT_EQ(For("files dns", "web1"), System::kNever);
  EXPECT_EQ(For("files", "web1"), System::kNever);
  EXPECT_EQ(For("dns", "web1"), System::kNever);
  EXPECT_EQ(For("\tfiles  dns # mdns4 sss", "web1"), System::kNever);
}

TEST(NameOrderTest, WithoutALineItIsFilesAndDns) {
  EXPECT_EQ(NameOrder::Parse("").ForName("web1.local", "web1.local"), System::kNever);
  EXPECT_EQ(NameOrder::Parse("passwd: files sss\n#hosts: sss\n").ForName("web1", "web1"),
            System::kNever);
  EXPECT_EQ(NameOrder::Parse("hosts: files sss dns").ForName("web1", ""), System::kInstead);
}

TEST(NameOrderTest, TheLastLineCounts) {
  EXPECT_EQ(NameOrder::Parse("hosts: sss\n  hosts: files dns\n").ForName("web1", "web1"),
            System::kNever);
}

TEST(NameOrderTest, WhoComesAfterIsAskedAfter) {
  EXPECT_EQ(For("files dns wins", "web1"), System::kAfter);
  EXPECT_EQ(For("files dns [!UNAVAIL=return] mymachines", "web1"), System::kAfter);
}

TEST(NameOrderTest, WhoComesBeforeIsAskedInstead) {
  EXPECT_EQ(For("files mymachines dns", "web1"), System::kInstead);
  EXPECT_EQ(For("files resolve [!UNAVAIL=return] dns", "web1"), System::kInstead);
  EXPECT_EQ(For("sss files dns", "web1"), System::kInstead);
  EXPECT_EQ(For("files ldap", "web1"), System::kInstead);
}

TEST(NameOrderTest, MinimalMdnsKnowsNamesInLocalOnly) {
  const char* const kDebian = "files mdns4_minimal [NOTFOUND=return] dns";
  EXPECT_EQ(For(kDebian, "web1"), System::kNever);
  EXPECT_EQ(For(kDebian, "local.example.com"), System::kNever);
  EXPECT_EQ(For(kDebian, "printer.local"), System::kInstead);
  EXPECT_EQ(For(kDebian, "Printer.Local."), System::kInstead);
  EXPECT_EQ(For("files mdns4 dns", "web1"), System::kInstead);
}

TEST(NameOrderTest, MyhostnameKnowsThisMachineOnly) {
  EXPECT_EQ(For("files dns myhostname", "web1"), System::kNever);
  EXPECT_EQ(For("files myhostname dns", "web1"), System::kNever);
  for (const char* name : {"this-box", "THIS-BOX", "this-box.", "localhost", "a.localhost",
                           "localhost.localdomain", "_gateway", "_outbound"}) {
    EXPECT_EQ(For("files dns myhostname", name), System::kAfter) << name;
    EXPECT_EQ(For("files myhostname dns", name), System::kInstead) << name;
  }
}

// What is asked without the system's resolver is asked in this order, and through to its end.
TEST(NameOrderTest, AnotherOrderIsTheSystemsToFollow) {
  EXPECT_EQ(For("dns files", "web1"), System::kInstead);
  EXPECT_EQ(For("files [NOTFOUND=return] dns", "web1"), System::kInstead);
  EXPECT_EQ(For("files[NOTFOUND=return]dns", "web1"), System::kInstead);
  EXPECT_EQ(For("myhostname", "web1"), System::kInstead);
  EXPECT_EQ(For("", "web1"), System::kInstead);
}

TEST(NameOrderTest, BrokenActionsEndTheLine) {
  EXPECT_EQ(For("files dns [NOTFOUND", "web1"), System::kNever);
  EXPECT_EQ(For("[", "web1"), System::kInstead);
}

TEST(NameOrderTest, TheLineIsTold) {
  EXPECT_EQ(NameOrder::Parse("hosts:  files  dns [x]  # c\n").text(), "files  dns [x]");
}

}  // namespace
}  // namespace muster::engine
