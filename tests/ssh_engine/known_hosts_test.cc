#include "ssh_engine/known_hosts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace muster::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Verdict = KnownHosts::Verdict;

// A public key's blob; the last byte makes the difference.
std::string Blob(const std::string& type, char last) {
  std::string blob;
  for (const std::string& part : {type, std::string(31, 'k') + last}) {
    const auto size = static_cast<uint32_t>(part.size());
    for (int shift = 24; shift >= 0; shift -= 8) blob.push_back(static_cast<char>(size >> shift));
    blob += part;
  }
  return blob;
}

constexpr char kType[] = "ssh-ed25519";

std::string Line(const std::string& names, char last = 'a', const std::string& type = kType) {
  return absl::StrCat(names, " ", type, " ", absl::Base64Escape(Blob(type, last)), "\n");
}

class KnownHostsTest : public ::testing::Test {
 protected:
  KnownHostsTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "known_hosts.XXXXXX";
    folder_ = mkdtemp(pattern.data());
    path_ = folder_ + "/known_hosts";
  }
  ~KnownHostsTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& text) { std::ofstream(path_, std::ios::app) << text; }
  std::string Read() {
    std::ostringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }
  std::shared_ptr<KnownHosts> Load() { return *LoadKnownHosts({path_}, path_); }
  Verdict Check(const std::string& host, uint16_t port = 22, char last = 'a',
                const std::string& type = kType) {
    return Load()->Check(host, port, type, Blob(type, last)).verdict;
  }

  std::string folder_;
  std::string path_;
};

TEST_F(KnownHostsTest, PlainNames) {
  Write("# a comment\n\n" + Line("web1,192.0.2.1"));
  EXPECT_EQ(Check("web1"), Verdict::kMatch);
  EXPECT_EQ(Check("WEB1"), Verdict::kMatch);
  EXPECT_EQ(Check("192.0.2.1"), Verdict::kMatch);
  EXPECT_EQ(Check("web2"), Verdict::kUnknown);
  EXPECT_EQ(Check("web1", 22, 'b'), Verdict::kChanged);
}

TEST_F(KnownHostsTest, NamesTheDecidingLine) {
  Write("\n" + Line("web1"));
  EXPECT_EQ(Load()->Check("web1", 22, kType, Blob(kType, 'b')).where, path_ + ":2");
}

TEST_F(KnownHostsTest, AnotherTypeOfKeyIsAChangeToo) {
  Write(Line("web1"));
  EXPECT_EQ(Check("web1", 22, 'a', "ssh-rsa"), Verdict::kChanged);
}

TEST_F(KnownHostsTest, Ports) {
  Write(Line("[web1]:2222") + Line("web2"));
  EXPECT_EQ(Check("web1", 2222), Verdict::kMatch);
  EXPECT_EQ(Check("web1"), Verdict::kUnknown);
  // As ssh does: the bare name will do where it has this very key.
  EXPECT_EQ(Check("web2", 2222), Verdict::kMatch);
  EXPECT_EQ(Check("web2", 2222, 'b'), Verdict::kUnknown);
}

TEST_F(KnownHostsTest, WildcardsAndNegation) {
  Write(Line("*.example.com,!db?.example.com,10.0.0.*"));
  EXPECT_EQ(Check("web1.example.com"), Verdict::kMatch);
  EXPECT_EQ(Check("10.0.0.7"), Verdict::kMatch);
  EXPECT_EQ(Check("db1.example.com"), Verdict::kUnknown);
  EXPECT_EQ(Check("db12.example.com"), Verdict::kMatch);
}

TEST_F(KnownHostsTest, Revoked) {
  Write(Line("web1") + "@revoked " + Line("*"));
  EXPECT_EQ(Check("web1"), Verdict::kRevoked);
  EXPECT_EQ(Check("web9"), Verdict::kRevoked);
  EXPECT_EQ(Check("web9", 22, 'b'), Verdict::kUnknown);
}

TEST_F(KnownHostsTest, NamesThatSshKeygenHashed) {
  Write(Line("web1") + Line("[web2]:2222"));
  ASSERT_EQ(system(absl::StrCat("ssh-keygen -q -H -f ", path_, " >/dev/null 2>&1").c_str()), 0);
  EXPECT_THAT(Read(), HasSubstr("|1|"));
  EXPECT_THAT(Read(), Not(HasSubstr("web1")));
  EXPECT_EQ(Check("web1"), Verdict::kMatch);
  EXPECT_EQ(Check("web2", 2222), Verdict::kMatch);
  EXPECT_EQ(Check("web3"), Verdict::kUnknown);
}

TEST_F(KnownHostsTest, KnownKeyTypesInTheOrderOfTheFile) {
  Write(Line("web1", 'a', "ssh-rsa") + Line("web1") + Line("web1", 'c'));
  EXPECT_THAT(Load()->KeyTypes("web1", 22), ElementsAre("ssh-rsa", "ssh-ed25519"));
}

TEST_F(KnownHostsTest, BadLinesAreToldAndSkipped) {
  Write("nonsense\nweb3 ssh-ed25519 !!!!\n@cert-authority " + Line("*") + Line("web1"));
  const auto known_hosts = Load();
  EXPECT_EQ(known_hosts->Check("web1", 22, kType, Blob(kType, 'a')).verdict, Verdict::kMatch);
  EXPECT_THAT(known_hosts->Problems(), HasSubstr(path_ + ":1"));
  EXPECT_EQ(known_hosts->Check("web9", 22, kType, Blob(kType, 'a')).verdict, Verdict::kUnknown);
}

TEST_F(KnownHostsTest, AddsALineOnceAndTrustsIt) {
  const auto known_hosts = Load();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(known_hosts->Add("Web1", 2222, kType, Blob(kType, 'a')).ok());
  }
  EXPECT_EQ(Read(), Line("[web1]:2222"));
  EXPECT_EQ(known_hosts->Check("web1", 2222, kType, Blob(kType, 'a')).verdict, Verdict::kMatch);
  struct stat info = {};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(KnownHostsTest, ALineWithoutItsEndIsNotContinued) {
  Write("web0 ssh-ed25519 AAAA");
  ASSERT_TRUE(Load()->Add("web1", 22, kType, Blob(kType, 'a')).ok());
  EXPECT_EQ(Read(), "web0 ssh-ed25519 AAAA\n" + Line("web1"));
}

TEST_F(KnownHostsTest, DoesNotAddWhatWouldNotBeOneLineAboutOneHost) {
  const auto known_hosts = Load();
  for (const char* host :
       {"web1 ssh-rsa", "web1\nweb2", "*", "web?", "!web1", "web1,web2", "", "|1|x", "@revoked"}) {
    EXPECT_EQ(known_hosts->Add(host, 22, kType, Blob(kType, 'a')).code(),
              absl::StatusCode::kInvalidArgument)
        << host;
  }
  EXPECT_FALSE(std::filesystem::exists(path_) && !Read().empty());
}

TEST_F(KnownHostsTest, DoesNotAddOverAnotherProgramsEntry) {
  const auto known_hosts = Load();
  Write(Line("web1", 'b'));
  EXPECT_EQ(known_hosts->Add("web1", 22, kType, Blob(kType, 'a')).code(),
            absl::StatusCode::kAborted);
  EXPECT_EQ(Read(), Line("web1", 'b'));
}

TEST_F(KnownHostsTest, AFileThatIsAFolderIsAnError) {
  const auto loaded = LoadKnownHosts({folder_}, "");
  EXPECT_FALSE(loaded.ok());
  EXPECT_THAT(std::string(loaded.status().message()), HasSubstr(folder_));
}

TEST_F(KnownHostsTest, WithoutAFileToAddToNothingIsAdded) {
  EXPECT_EQ((*LoadKnownHosts({}, ""))->Add("web1", 22, kType, Blob(kType, 'a')).code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace muster::engine
