#include "service/access/caller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::service {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<Caller> Of(const std::vector<std::string>& dns, const std::vector<std::string>& uris,
                          const std::vector<std::string>& common_names) {
  return CallerOf(CertificateNames{{dns.begin(), dns.end()},
                                   {uris.begin(), uris.end()},
                                   {common_names.begin(), common_names.end()}});
}

TEST(CallerTest, ACertificateStandsForItsFirstDnsNameElseUriElseCommonName) {
  EXPECT_EQ(Of({"ci.example.com", "ops.example.com"}, {"uri://x"}, {"cn"})->Text(),
            "dns:ci.example.com");
  EXPECT_EQ(Of({}, {"spiffe://x/ci", "spiffe://x/ops"}, {"ci"})->Text(), "uri:spiffe://x/ci");
  EXPECT_EQ(Of({}, {}, {"Jane Doe"})->Text(), "cn:Jane Doe");
  EXPECT_EQ(Of({}, {}, {}).status().code(), absl::StatusCode::kUnauthenticated);
}

TEST(CallerTest, NoCertificateIsTheOwnerWhateverItsName) {
  for (const Caller& caller :
       {*Of({"uid:0"}, {}, {}), *Of({}, {"uid:0"}, {}), *Of({}, {}, {"uid:0"})}) {
    EXPECT_FALSE(caller.local());
    EXPECT_NE(caller.Text(), (Caller{Caller::Kind::kUid, "0"}).Text());
  }
}

TEST(CallerTest, TheSameNameOfAnotherKindIsAnother) {
  EXPECT_NE(Of({"ci"}, {}, {})->Text(), Of({}, {}, {"ci"})->Text());
  EXPECT_NE(Of({"cn:ci"}, {}, {})->Text(), Of({}, {}, {"ci"})->Text());
}

TEST(CallerTest, WhatIsNotPrintableNamesNobody) {
  const std::string with_nul("ci.example.com\0.attacker.org", 28);
  for (const std::string& name : {with_nul, std::string(), std::string("ci\n[warning] forged"),
                                  std::string("ci\xc2\x9b"), std::string(513, 'a')}) {
    // Nor does it fall back to a name of another kind.
    EXPECT_THAT(std::string(Of({name}, {"spiffe://x/ci"}, {"ci"}).status().message()),
                HasSubstr("printable ASCII"));
    EXPECT_FALSE(Of({}, {}, {name}).ok());
  }
}

TEST(CallerTest, ATextIsReadBack) {
  for (const char* text : {"uid:1000", "dns:ci.example.com", "uri:spiffe://x/uid:0", "cn:uid:0"}) {
    EXPECT_EQ(CallerOfText(text).Text(), text);
  }
  EXPECT_TRUE(CallerOfText("uid:1000").local());
  EXPECT_FALSE(CallerOfText("dns:uid:0").local());
  // As certificates' names were kept before they had a kind.
  EXPECT_EQ(CallerOfText("ci.example.com").Text(), "dns:ci.example.com");
}

}  // namespace
}  // namespace muster::service
