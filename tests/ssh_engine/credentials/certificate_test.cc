#include "ssh_engine/credentials/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace muster::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

// As ssh-keygen makes them.
class CertificateTest : public ::testing::Test {
 protected:
  CertificateTest() : folder_(::testing::TempDir() + "/certificates.XXXXXX") {
    EXPECT_NE(mkdtemp(&folder_[0]), nullptr);
    Run(absl::StrCat("ssh-keygen -q -t ed25519 -N '' -f ", folder_, "/authority"));
  }

  static void Run(const std::string& command) { EXPECT_EQ(system(command.c_str()), 0) << command; }

  std::string Issue(const std::string& type, const std::string& options) {
    const std::string key = absl::StrCat(folder_, "/", type);
    Run(absl::StrCat("rm -f ", key, "*; ssh-keygen -q -t ", type, " -N '' -f ", key,
                     "; TZ=UTC ssh-keygen -q -s ", folder_, "/authority -I id ", options, " ", key,
                     ".pub"));
    std::ifstream file(key + "-cert.pub");
    std::string name, base64, blob;
    file >> name >> base64;
    EXPECT_TRUE(absl::Base64Unescape(base64, &blob));
    return blob;
  }

  std::string folder_;
};

TEST_F(CertificateTest, SaysForWhomAndHowLong) {
  for (const char* type : {"ed25519", "ecdsa", "rsa"}) {
    const auto read = ReadCertificate(Issue(type, "-n ann,ops -V 20270115:20270116"));
    ASSERT_TRUE(read.has_value()) << type;
    EXPECT_THAT(read->principals, ElementsAre("ann", "ops"));
    EXPECT_EQ(read->valid_after, absl::FromUnixSeconds(1'799'971'200));
    EXPECT_EQ(read->valid_before, absl::FromUnixSeconds(1'800'057'600));
    EXPECT_EQ(WhyRefused(*read, "ann", kNow), "");
    EXPECT_EQ(WhyRefused(*read, "bob", kNow), "it is for ann, ops, not for bob");
    EXPECT_EQ(WhyRefused(*read, "ann", kNow + absl::Hours(48)),
              "it expired at 2027-01-16 00:00:00 UTC");
    EXPECT_EQ(WhyRefused(*read, "ann", kNow - absl::Hours(48)),
              "it is not valid before 2027-01-15 00:00:00 UTC");
  }
}

TEST_F(CertificateTest, OfEveryoneAndForEver) {
  const auto read = ReadCertificate(Issue("ed25519", ""));
  ASSERT_TRUE(read.has_value());
  EXPECT_THAT(read->principals, IsEmpty());
  EXPECT_EQ(read->valid_before, absl::InfiniteFuture());
  EXPECT_EQ(WhyRefused(*read, "anyone", kNow), "");
}

TEST_F(CertificateTest, WhatIsNoneOrCutShortIsNone) {
  const std::string blob = Issue("ed25519", "-n ann");
  EXPECT_FALSE(ReadCertificate("").has_value());
  EXPECT_FALSE(ReadCertificate(std::string("\0\0\0\x0bssh-ed25519\0\0\0\1k", 20)).has_value());
  for (size_t size = 0; size < 150; ++size) {
    EXPECT_FALSE(ReadCertificate(blob.substr(0, size)).has_value()) << size;
  }
}

}  // namespace
}  // namespace muster::engine
