#include "service/prepare/ssh_credential.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::service {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SshCredentialTest : public ::testing::Test {
 protected:
  NamedCredential Make() { return CredentialOf(settings_, given_, "/home/ann"); }
  std::vector<std::string> Keys() {
    std::vector<std::string> paths;
    for (const engine::IdentityFile& file : Make().keys.identity_files) {
      paths.push_back((file.required ? "!" : "") + file.path);
    }
    return paths;
  }

  HostSettings settings_;
  GivenLogin given_;
};

TEST_F(SshCredentialTest, KeysAreThoseGivenThenThoseOfTheFile) {
  EXPECT_THAT(Keys(), ElementsAre("/home/ann/.ssh/id_rsa", "/home/ann/.ssh/id_ecdsa",
                                  "/home/ann/.ssh/id_ed25519"));
  settings_.identity_files = std::vector<NamedFile>{{"~/web", "/home/ann/web"}};
  EXPECT_THAT(Keys(), ElementsAre("/home/ann/web"));
  given_.credential.keys.identity_files = {{"/given", "", true}};
  EXPECT_THAT(Keys(), ElementsAre("!/given", "/home/ann/web"));
  settings_.identity_files.reset();
  EXPECT_THAT(Keys(), ElementsAre("!/given"));
}

TEST_F(SshCredentialTest, IdentityFileNoneMeansNone) {
  settings_.identity_files = std::vector<NamedFile>{{"none", ""}};
  EXPECT_THAT(Keys(), IsEmpty());
}

TEST_F(SshCredentialTest, KeysOfTheFileAreOpenedWithThePassphrase) {
  given_.passphrase = "secret";
  settings_.identity_files = std::vector<NamedFile>{{"~/web", "/home/ann/web"}};
  EXPECT_EQ(Make().keys.identity_files[0].passphrase.get(), "secret");
}

TEST_F(SshCredentialTest, CertificatesAreThoseOfTheFile) {
  settings_.certificate_files = {{"none", ""}, {"~/cert", "/home/ann/cert"}};
  EXPECT_THAT(Make().keys.certificate_files, ElementsAre("/home/ann/cert"));
}

TEST_F(SshCredentialTest, TheAgentIsTheOneThatIsNamed) {
  given_.credential.keys.agent_socket = "/usual";
  EXPECT_EQ(Make().keys.agent_socket, "/usual");
  settings_.identity_agent = "SSH_AUTH_SOCK";
  EXPECT_EQ(Make().keys.agent_socket, "/usual");
  settings_.identity_agent = "/other";
  EXPECT_EQ(Make().keys.agent_socket, "/other");
  settings_.identity_agent = "none";
  EXPECT_EQ(Make().keys.agent_socket, "");
  settings_.identity_agent = "$SSH_AUTH_SOCK";
  EXPECT_EQ(Make().keys.agent_socket, "/usual");
}

TEST_F(SshCredentialTest, IdentitiesOnlyFromEither) {
  EXPECT_FALSE(Make().keys.identities_only);
  settings_.identities_only = true;
  EXPECT_TRUE(Make().keys.identities_only);
  settings_.identities_only = false;
  given_.credential.keys.identities_only = true;
  EXPECT_TRUE(Make().keys.identities_only);
}

TEST_F(SshCredentialTest, MethodsThatAreOffAreNotTried) {
  given_.credential.keys.password = engine::Passphrase("secret");
  given_.credential.keys.agent_socket = "/usual";
  const auto uses = [this] {
    const NamedCredential made = Make();
    EXPECT_EQ(made.keys.identity_files.empty(), made.keys.agent_socket.empty());
    return std::make_pair(!made.keys.identity_files.empty(), made.keys.password.has_value());
  };
  EXPECT_EQ(uses(), std::make_pair(true, true));
  settings_.pubkey_authentication = "no";
  EXPECT_EQ(uses(), std::make_pair(false, true));
  settings_.password_authentication = false;
  EXPECT_EQ(uses(), std::make_pair(false, true));  // by keyboard-interactive
  settings_.kbd_interactive_authentication = false;
  EXPECT_EQ(uses(), std::make_pair(false, false));
  settings_ = HostSettings();
  settings_.preferred_authentications = "publickey,hostbased";
  EXPECT_EQ(uses(), std::make_pair(true, false));
  settings_.preferred_authentications = "keyboard-interactive";
  EXPECT_EQ(uses(), std::make_pair(false, true));
}

TEST_F(SshCredentialTest, OnlyFilesOfTheConfigurationAreToldWhereTheyAreMissing) {
  for (const engine::IdentityFile& file : Make().keys.identity_files) EXPECT_FALSE(file.named);
  given_.credential.keys.identity_files = {{"/given", "", true}};
  settings_.identity_files = std::vector<NamedFile>{{"~/web", "/home/ann/web"}};
  EXPECT_FALSE(Make().keys.identity_files[0].named);
  EXPECT_TRUE(Make().keys.identity_files[1].named);
}

TEST_F(SshCredentialTest, WhatIsOffIsToldWithItsKeyword) {
  EXPECT_THAT(Make().keys.notes, IsEmpty());
  settings_.pubkey_authentication = "no";
  EXPECT_THAT(Make().keys.notes, ElementsAre(HasSubstr("has PubkeyAuthentication no.")));
  settings_ = HostSettings();
  settings_.preferred_authentications = "password";
  EXPECT_THAT(Make().keys.notes, ElementsAre(HasSubstr("PreferredAuthentications without pub")));
}

TEST_F(SshCredentialTest, APasswordThatIsNotUsedIsToldWhereOneWasGiven) {
  settings_.preferred_authentications = "publickey";
  EXPECT_THAT(Make().keys.notes, IsEmpty());
  given_.credential.keys.password = engine::Passphrase("secret");
  EXPECT_THAT(Make().keys.notes, ElementsAre(HasSubstr("PreferredAuthentications without a")));
  settings_ = HostSettings();
  settings_.password_authentication = settings_.kbd_interactive_authentication = false;
  EXPECT_THAT(Make().keys.notes, ElementsAre(HasSubstr("PasswordAuthentication no and Kbd")));
}

// "none" as with ssh, which always begins with it.
TEST_F(SshCredentialTest, TheOrderIsTheFilesUnlessAnotherIsGiven) {
  EXPECT_THAT(Make().keys.methods, IsEmpty());
  settings_.preferred_authentications = "password,publickey,hostbased";
  EXPECT_THAT(Make().keys.methods, ElementsAre("password", "publickey", "none"));
  settings_.password_authentication = false;
  EXPECT_THAT(Make().keys.methods, ElementsAre("publickey", "none"));
  settings_.preferred_authentications.reset();
  EXPECT_THAT(Make().keys.methods,
              ElementsAre("gssapi-with-mic", "publickey", "none", "keyboard-interactive"));
  given_.credential.keys.methods = {"password", "keyboard-interactive"};
  EXPECT_THAT(Make().keys.methods, ElementsAre("keyboard-interactive"));
  EXPECT_THAT(Make().keys.identity_files, IsEmpty());
  EXPECT_THAT(Make().keys.notes, IsEmpty());  // it was not ssh_config
}

TEST_F(SshCredentialTest, AnswersThatAreNotUsedAreTold) {
  given_.credential.keys.answers = {{"code", "123"}};
  EXPECT_EQ(Make().keys.answers.size(), 1u);
  settings_.kbd_interactive_authentication = false;
  EXPECT_THAT(Make().keys.answers, IsEmpty());
  EXPECT_THAT(Make().keys.notes, ElementsAre(HasSubstr("KbdInteractiveAuthentication no")));
}

TEST_F(SshCredentialTest, TicketsWhereTheFileOrTheCallerAsksForThem) {
  EXPECT_FALSE(Make().keys.tickets.has_value());
  given_.kerberos.cache = "FILE:/cache";
  settings_.gssapi_authentication = settings_.gssapi_delegate_credentials = true;
  EXPECT_EQ(Make().keys.tickets->cache, "FILE:/cache");
  EXPECT_TRUE(Make().keys.tickets->delegate);
  EXPECT_FALSE(Make().keys.tickets->expected);
  given_.credential.keys.tickets = given_.kerberos;
  EXPECT_TRUE(Make().keys.tickets->expected);
  settings_.preferred_authentications = "publickey";
  EXPECT_FALSE(Make().keys.tickets.has_value());
}

TEST_F(SshCredentialTest, KnownHostsFilesAreTheUsersThenTheSystems) {
  settings_.user_known_hosts_files = {"/home/ann/known"};
  settings_.global_known_hosts_files = {"/etc/known"};
  EXPECT_THAT(Make().known_hosts_files, ElementsAre("/home/ann/known", "/etc/known"));
  settings_.user_known_hosts_files.clear();
  EXPECT_THAT(Make().known_hosts_files, ElementsAre("/dev/null", "/etc/known"));
  given_.credential.known_hosts_files = {"/given"};
  EXPECT_THAT(Make().known_hosts_files, ElementsAre("/given"));
}

TEST_F(SshCredentialTest, ThePolicyIsStrictHostKeyCheckingUnlessGiven) {
  EXPECT_EQ(Make().host_key_policy, engine::HostKeyPolicy::kStrict);
  settings_.strict_host_key_checking = "yes";
  EXPECT_EQ(Make().host_key_policy, engine::HostKeyPolicy::kStrict);
  for (const char* accepts : {"accept-new", "no"}) {
    settings_.strict_host_key_checking = accepts;
    EXPECT_EQ(Make().host_key_policy, engine::HostKeyPolicy::kAcceptNew) << accepts;
  }
  given_.host_key_policy = true;
  EXPECT_EQ(Make().host_key_policy, engine::HostKeyPolicy::kStrict);
}

TEST_F(SshCredentialTest, NamesAreHashedWhereEitherSaysSo) {
  EXPECT_FALSE(Make().hash_known_hosts);
  settings_.hash_known_hosts = true;
  EXPECT_TRUE(Make().hash_known_hosts);
}

}  // namespace
}  // namespace muster::service
