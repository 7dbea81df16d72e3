#include "ssh_engine/libssh/algorithms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::engine {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::string Explain(const std::string& method, const std::string& server) {
  return ExplainMismatch("kex error : no match for method " + method + ": server [" + server +
                         "], client [ours]");
}

TEST(AlgorithmsTest, KnownHostKeysComeFirst) {
  EXPECT_THAT(HostKeyAlgorithms(kHostKeys, {}), StartsWith("ssh-ed25519,ecdsa"));
  EXPECT_THAT(HostKeyAlgorithms(kHostKeys, {"ssh-rsa"}),
              StartsWith("rsa-sha2-512,rsa-sha2-256,ssh-ed25519"));
}

TEST(AlgorithmsTest, AMismatchSaysWhatTheServerHasAndWhatHelps) {
  const std::string text = Explain("mac algo client->server", "hmac-md5,umac-64@openssh.com");
  EXPECT_THAT(text, HasSubstr("no MAC in common: the server has hmac-md5,umac-64@openssh.com; "
                              "Muster has ours."));
  EXPECT_THAT(text, HasSubstr("look at MACs in its sshd_config"));
  EXPECT_THAT(Explain("kex algos", "sntrup761x25519-sha512"), HasSubstr("libssh 0.12 or later"));
  EXPECT_THAT(Explain("kex algos", "diffie-hellman-group1-sha1"), HasSubstr("SHA-1"));
  EXPECT_THAT(Explain("kex algos", "x"), HasSubstr("KexAlgorithms"));
  EXPECT_THAT(Explain("server host key algo", "ssh-ed25519-cert-v01@openssh.com"),
              HasSubstr("Host certificates cannot be checked"));
  EXPECT_THAT(Explain("server host key algo", "ssh-dss"), HasSubstr("DSA"));
  EXPECT_THAT(Explain("encryption server->client", "aes256-cbc"), HasSubstr("CBC"));
}

TEST(AlgorithmsTest, OtherErrorsAreNone) {
  EXPECT_THAT(ExplainMismatch("Socket error: Connection reset by peer"), IsEmpty());
  EXPECT_THAT(ExplainMismatch(""), IsEmpty());
}

// libssh cuts its errors.
TEST(AlgorithmsTest, HalfAMessageWillDo) {
  EXPECT_THAT(ExplainMismatch("kex error : no match for method kex algos: server [a,b,c"),
              HasSubstr("the server has a,b,c."));
}

}  // namespace
}  // namespace muster::engine
