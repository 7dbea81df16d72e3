#include "ssh_engine/host_keys/known_hosts.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "ssh_engine/base/unique_fd.h"
#include "ssh_engine/host_keys/hashed_name.h"

namespace muster::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
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
    return CheckIn(*Load(), host, port, Blob(type, last)).verdict;
  }
  static KnownHosts::Lookup CheckIn(const KnownHosts& known_hosts, const std::string& host,
                                    uint16_t port, const std::string& blob) {
    const KnownHosts::Lookup lookup = known_hosts.Check(host, port, "", blob);
    if (lookup.verdict != Verdict::kUnsearched) return lookup;
    known_hosts.Search(host, port);
    return known_hosts.Check(host, port, "", blob);
  }
  static std::string Wire(const std::vector<std::string>& fields) {
    std::string wire;
    for (const std::string& field : fields) {
      for (int shift = 24; shift >= 0; shift -= 8) {
        wire.push_back(static_cast<char>(field.size() >> shift));
      }
      wire += field;
    }
    return wire;
  }
  void HashNames() {
    ASSERT_EQ(system(absl::StrCat("ssh-keygen -q -H -f ", path_, " >/dev/null 2>&1").c_str()), 0);
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

TEST_F(KnownHostsTest, ARevokedCertificateRevokesTheKeyThatItIsFor) {
  const std::string cert_type = "ssh-ed25519-cert-v01@openssh.com";
  const std::string cert = Wire({cert_type, "nonce", std::string(31, 'k') + "a", "serial"});
  Write(Line("web1") +
        absl::StrCat("@revoked web* ", cert_type, " ", absl::Base64Escape(cert), "\n"));
  EXPECT_EQ(Check("web1"), Verdict::kRevoked);
  EXPECT_EQ(Check("web1", 22, 'b'), Verdict::kChanged);
  EXPECT_EQ(Load()->Problems(), "");
}

TEST_F(KnownHostsTest, CertificatesThatSshKeygenMadeAreReadWhateverTheirKeys) {
  for (const std::string type : {"ed25519", "ecdsa", "rsa", "dsa"}) {
    const std::string key = folder_ + "/" + type;
    if (system(absl::StrCat("cd ", folder_,
                            "; test -f ca || ssh-keygen -q -t ed25519 -N '' -f ca; ",
                            "ssh-keygen -q -t ", type, " -N '' -f ", key, " 2>/dev/null && ",
                            "ssh-keygen -q -s ca -I host -h ", key, ".pub 2>/dev/null")
                   .c_str()) != 0) {
      continue;  // newer versions make no DSA keys
    }
    std::string name, base64, blob;
    std::ifstream(key + ".pub") >> name >> base64;
    ASSERT_TRUE(absl::Base64Unescape(base64, &blob));
    std::ifstream(key + "-cert.pub") >> name >> base64;
    std::filesystem::remove(path_);
    Write(absl::StrCat("@revoked * ", name, " ", base64, "\n"));
    EXPECT_EQ(CheckIn(*Load(), "web1", 22, blob).verdict, Verdict::kRevoked) << type;
    EXPECT_EQ(Load()->Problems(), "") << type;
  }
}

TEST_F(KnownHostsTest, ARevocationThatCannotBeReadRefusesTheHostsThatItNames) {
  Write(Line("web1,db1") + "@revoked web* ssh-ed25519-cert-v01@openssh.com AAAA\n");
  const auto lookup = CheckIn(*Load(), "web1", 22, Blob(kType, 'a'));
  EXPECT_EQ(lookup.verdict, Verdict::kRevoked);
  EXPECT_THAT(lookup.note, HasSubstr(path_ + ":2"));
  EXPECT_EQ(Check("db1"), Verdict::kMatch);
  EXPECT_THAT(Load()->Problems(), HasSubstr(path_ + ":2"));
}

TEST_F(KnownHostsTest, ARevocationThatCannotBeReadCountsForHashedNamesToo) {
  Write(Line("web1") + Line("db1") + "@revoked web1 ssh-ed25519 AAAA\n");
  std::ofstream(path_ + ".names") << Line("web1", 'z');
  ASSERT_EQ(system(absl::StrCat("ssh-keygen -q -H -f ", path_, ".names >/dev/null 2>&1").c_str()),
            0);
  std::string hashed;
  std::ifstream(path_ + ".names") >> hashed;
  Write(absl::StrCat("@revoked ", hashed, " ssh-ed25519 AAAA\n"));
  EXPECT_EQ(Check("web1"), Verdict::kRevoked);
  EXPECT_EQ(Check("db1"), Verdict::kMatch);
}

TEST_F(KnownHostsTest, AnAuthorityIsToldWhereItWouldHaveCounted) {
  Write("@cert-authority *.example.com " + Line("").substr(1));
  const auto lookup = CheckIn(*Load(), "web1.example.com", 22, Blob(kType, 'a'));
  EXPECT_EQ(lookup.verdict, Verdict::kUnknown);
  EXPECT_THAT(lookup.note, HasSubstr(path_ + ":1"));
  EXPECT_THAT(lookup.note, HasSubstr("@cert-authority"));
  EXPECT_EQ(CheckIn(*Load(), "web1", 22, Blob(kType, 'a')).note, "");
  EXPECT_THAT(Load()->Problems(), HasSubstr("@cert-authority"));
}

TEST_F(KnownHostsTest, UnknownMarkersAreTold) {
  Write("@trusted " + Line("web1") + "@revoked @cert-authority " + Line("web1"));
  EXPECT_EQ(Check("web1"), Verdict::kUnknown);
  EXPECT_THAT(Load()->Problems(), HasSubstr("2 lines"));
}

TEST_F(KnownHostsTest, NamesOfRsaSignaturesStandForTheKey) {
  const std::string blob = absl::Base64Escape(Blob("ssh-rsa", 'a'));
  Write(absl::StrCat("web1 rsa-sha2-512 ", blob, "\nweb2 rsa-sha2-256 ", blob, "\n",
                     "web3 rsa-sha2-1024 ", blob, "\n"));
  EXPECT_EQ(Check("web1", 22, 'a', "ssh-rsa"), Verdict::kMatch);
  EXPECT_EQ(Check("web2", 22, 'a', "ssh-rsa"), Verdict::kMatch);
  EXPECT_EQ(Check("web3", 22, 'a', "ssh-rsa"), Verdict::kUnknown);
  EXPECT_THAT(Load()->KeyTypes("web1", 22), ElementsAre("ssh-rsa"));
}

TEST_F(KnownHostsTest, NamesThatSshKeygenHashed) {
  Write(Line("web1") + Line("[web2]:2222"));
  ASSERT_EQ(system(absl::StrCat("ssh-keygen -q -H -f ", path_, " >/dev/null 2>&1").c_str()), 0);
  EXPECT_THAT(Read(), HasSubstr("|1|"));
  EXPECT_THAT(Read(), Not(HasSubstr("web1")));
  EXPECT_EQ(Check("web1"), Verdict::kMatch);
  EXPECT_EQ(Check("web2", 2222), Verdict::kMatch);
  EXPECT_EQ(Check("web3"), Verdict::kUnknown);
  EXPECT_EQ(Check("web1", 22, 'b'), Verdict::kChanged);
}

TEST_F(KnownHostsTest, AHashedNameOfAnyLength) {
  for (const size_t length : {1, 54, 55, 56, 63, 64, 119, 120, 200}) {
    std::filesystem::remove(path_);
    const std::string name(length, 'w');
    Write(Line(name));
    HashNames();
    EXPECT_EQ(Check(name), Verdict::kMatch) << length;
    EXPECT_EQ(Check(name + "w"), Verdict::kUnknown) << length;
  }
}

// The key leads to the few lines that can be the right ones.
TEST_F(KnownHostsTest, AKnownKeyNeedsNoSearchOfHashedNames) {
  for (char c = 'A'; c <= 'z'; ++c) Write(Line(absl::StrCat("host", static_cast<int>(c)), c));
  HashNames();
  const auto known_hosts = Load();
  const auto check = [&](const std::string& host, char last) {
    return known_hosts->Check(host, 22, kType, Blob(kType, last)).verdict;
  };
  EXPECT_EQ(check("host70", 70), Verdict::kMatch);
  EXPECT_EQ(check("host70", 71), Verdict::kUnsearched);
  EXPECT_EQ(check("new", 70), Verdict::kUnsearched);
  known_hosts->Search("host70", 22);
  EXPECT_EQ(check("host70", 71), Verdict::kChanged);
  known_hosts->Search("new", 22);
  EXPECT_EQ(check("new", 70), Verdict::kUnknown);
}

// One key for a whole fleet: there are too many lines to try on a loop.
TEST_F(KnownHostsTest, AKeyOfManyHashedNamesNeedsASearch) {
  for (int i = 0; i < 100; ++i) Write(Line(absl::StrCat("host", i)));
  HashNames();
  const auto known_hosts = Load();
  EXPECT_EQ(known_hosts->Check("host7", 22, kType, Blob(kType, 'a')).verdict, Verdict::kUnsearched);
  known_hosts->Search("host7", 22);
  EXPECT_EQ(known_hosts->Check("host7", 22, kType, Blob(kType, 'a')).verdict, Verdict::kMatch);
}

// UpdateHostKeys writes several keys of a host: any of them will do, and needs no search.
TEST_F(KnownHostsTest, AnyOfTheKeysOfAHashedNameMatchesWithoutASearch) {
  Write(Line("web2", 'b', "ssh-rsa") + Line("web1", 'c', "ecdsa-sha2-nistp256") + Line("web1") +
        Line("web1", 'd', "ssh-rsa"));
  HashNames();
  const auto known_hosts = Load();
  for (const auto& [type, last] :
       {std::pair("ssh-ed25519", 'a'), {"ssh-rsa", 'd'}, {"ecdsa-sha2-nistp256", 'c'}}) {
    EXPECT_EQ(known_hosts->Check("web1", 22, type, Blob(type, last)).verdict, Verdict::kMatch);
  }
  EXPECT_THAT(known_hosts->KeyTypes("web1", 22), IsEmpty());
}

TEST_F(KnownHostsTest, ASearchTellsWhichKeysAHashedNameHas) {
  Write(Line("web1", 'a', "ecdsa-sha2-nistp256") + Line("[web1]:2222", 'b', "ssh-rsa") +
        Line("web1", 'c'));
  HashNames();
  const auto known_hosts = Load();
  EXPECT_EQ(known_hosts->Check("web1", 22, kType, Blob(kType, 'x')).verdict, Verdict::kUnsearched);
  known_hosts->Search("web1", 22);
  EXPECT_EQ(known_hosts->Check("web1", 22, kType, Blob(kType, 'x')).verdict, Verdict::kChanged);
  EXPECT_THAT(known_hosts->KeyTypes("web1", 22), ElementsAre("ecdsa-sha2-nistp256", kType));
  known_hosts->Search("web1", 2222);
  EXPECT_THAT(known_hosts->KeyTypes("web1", 2222), ElementsAre("ssh-rsa"));
  known_hosts->Search("new", 22);
  EXPECT_THAT(known_hosts->KeyTypes("new", 22), IsEmpty());
  // Without a key for the port, the bare name's.
  known_hosts->Search("web1", 2200);
  EXPECT_THAT(known_hosts->KeyTypes("web1", 2200), ElementsAre("ecdsa-sha2-nistp256", kType));
}

// Another key that is not revoked may be known.
TEST_F(KnownHostsTest, ARevokedKeyOfAHashedNameTakesASearchToo) {
  Write(Line("web1", 'b', "ssh-rsa"));
  HashNames();
  Write("@revoked " + Line("*"));
  const auto known_hosts = Load();
  EXPECT_EQ(known_hosts->Check("web1", 22, kType, Blob(kType, 'a')).verdict, Verdict::kUnsearched);
  known_hosts->Search("web1", 22);
  EXPECT_EQ(known_hosts->Check("web1", 22, kType, Blob(kType, 'a')).verdict, Verdict::kRevoked);
  EXPECT_THAT(known_hosts->KeyTypes("web1", 22), ElementsAre("ssh-rsa"));
}

TEST_F(KnownHostsTest, WhatWasFoundOutOutlivesAChangeOfTheFile) {
  for (int i = 0; i < 100; ++i) Write(Line(absl::StrCat("host", i)));
  HashNames();
  const auto before = Load();
  before->Search("host7", 22);
  before->Search("new", 22);
  ASSERT_EQ(*before->Add("added", 22, kType, Blob(kType, 'b'), true), KnownHosts::Added::kWritten);
  const auto after = *LoadKnownHosts({path_}, path_, before.get());
  const auto check = [&](const std::string& host, char last) {
    return after->Check(host, 22, kType, Blob(kType, last)).verdict;
  };
  EXPECT_EQ(check("host7", 'a'), Verdict::kMatch);
  EXPECT_EQ(check("new", 'a'), Verdict::kUnknown);
  EXPECT_EQ(check("added", 'b'), Verdict::kMatch);
  EXPECT_EQ(check("host8", 'a'), Verdict::kUnsearched);
  // A line that is new may be about a name that was searched before.
  Write(Line("new", 'c'));
  HashNames();
  const auto later = *LoadKnownHosts({path_}, path_, after.get());
  EXPECT_EQ(later->Check("new", 22, kType, Blob(kType, 'a')).verdict, Verdict::kChanged);
  EXPECT_EQ(later->Check("new", 22, kType, Blob(kType, 'c')).verdict, Verdict::kMatch);
}

// More than are remembered at once: nothing of it may be forgotten by half.
TEST_F(KnownHostsTest, AHostStaysKnownWhenTooMuchIsRememberedAndTheFileChanges) {
  const auto hashed = [](const std::string& name, char last) {
    std::string text;
    EXPECT_TRUE(HashedName::Make(name, &text).ok());
    return Line(text, last);
  };
  // One name of very many lines fills the memory.
  std::string text = hashed("victim", 'v');
  for (int i = 0; i <= 100'000; ++i) text += hashed("crowd", 'a');
  Write(text);
  auto table = Load();
  const auto check = [&](char last) {
    auto verdict = table->Check("victim", 22, kType, Blob(kType, last)).verdict;
    if (verdict == Verdict::kUnsearched) table->Search("victim", 22);
    return table->Check("victim", 22, kType, Blob(kType, last)).verdict;
  };
  EXPECT_EQ(check('x'), Verdict::kChanged);
  for (const char* name : {"crowd", "one", "two"}) table->Search(name, 22);
  Write("# changed\n");
  table = *LoadKnownHosts({path_}, path_, table.get());
  EXPECT_EQ(check('x'), Verdict::kChanged);
  EXPECT_EQ(check('v'), Verdict::kMatch);
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
    ASSERT_TRUE(known_hosts->Add("Web1", 2222, kType, Blob(kType, 'a'), false).ok());
  }
  EXPECT_EQ(Read(), Line("[web1]:2222"));
  EXPECT_EQ(known_hosts->Check("web1", 2222, kType, Blob(kType, 'a')).verdict, Verdict::kMatch);
  struct stat info = {};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(KnownHostsTest, AddsHashedNamesThatSshFinds) {
  const auto known_hosts = Load();
  ASSERT_EQ(*known_hosts->Add("Web1", 2222, kType, Blob(kType, 'a'), true),
            KnownHosts::Added::kWritten);
  EXPECT_THAT(Read(), Not(HasSubstr("eb1")));
  EXPECT_EQ(system(absl::StrCat("ssh-keygen -F '[web1]:2222' -f ", path_, " >/dev/null").c_str()),
            0);
  EXPECT_EQ(known_hosts->Check("web1", 2222, kType, Blob(kType, 'a')).verdict, Verdict::kMatch);
  EXPECT_EQ(*known_hosts->Add("web1", 2222, kType, Blob(kType, 'a'), true),
            KnownHosts::Added::kKnown);
}

TEST_F(KnownHostsTest, DevNullKeepsNothing) {
  const auto known_hosts = *LoadKnownHosts({"/dev/null"}, "/dev/null");
  EXPECT_TRUE(known_hosts->KeepsNothing());
  for (const char last : {'a', 'b'}) {
    EXPECT_EQ(*known_hosts->Add("web1", 22, kType, Blob(kType, last), false),
              KnownHosts::Added::kNotKept);
  }
  EXPECT_EQ(known_hosts->Check("web1", 22, kType, Blob(kType, 'a')).verdict, Verdict::kUnknown);
  EXPECT_FALSE(Load()->KeepsNothing());
}

TEST_F(KnownHostsTest, AFileThatIsLockedIsNotWaitedFor) {
  Write("");
  const UniqueFd other(open(path_.c_str(), O_RDONLY));
  ASSERT_EQ(flock(other.get(), LOCK_EX), 0);
  const auto known_hosts = Load();
  EXPECT_EQ(known_hosts->Add("web1", 22, kType, Blob(kType, 'a'), false).status().code(),
            absl::StatusCode::kUnavailable);
  ASSERT_EQ(flock(other.get(), LOCK_UN), 0);
  EXPECT_TRUE(known_hosts->Add("web1", 22, kType, Blob(kType, 'a'), false).ok());
}

TEST_F(KnownHostsTest, AddsToARegularFileOnly) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(Load()->Add("web1", 22, kType, Blob(kType, 'a'), false).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

// It is the caller's own file that does not let him, not a policy.
TEST_F(KnownHostsTest, AFileThatMayNotBeReadIsNotDenied) {
  Write(Line("web1"));
  chmod(path_.c_str(), 0);
  const bool root = geteuid() == 0;  // who may read every file
  if (root) {
    ASSERT_EQ(seteuid(65534), 0);
  }
  const absl::Status status = LoadKnownHosts({path_}, "").status();
  if (root) {
    ASSERT_EQ(seteuid(0), 0);
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr(path_));
}

TEST_F(KnownHostsTest, ALineWithoutItsEndIsNotContinued) {
  Write("web0 ssh-ed25519 AAAA");
  ASSERT_TRUE(Load()->Add("web1", 22, kType, Blob(kType, 'a'), false).ok());
  EXPECT_EQ(Read(), "web0 ssh-ed25519 AAAA\n" + Line("web1"));
}

TEST_F(KnownHostsTest, DoesNotAddWhatWouldNotBeOneLineAboutOneHost) {
  const auto known_hosts = Load();
  for (const char* host :
       {"web1 ssh-rsa", "web1\nweb2", "*", "web?", "!web1", "web1,web2", "", "|1|x", "@revoked"}) {
    EXPECT_EQ(known_hosts->Add(host, 22, kType, Blob(kType, 'a'), false).status().code(),
              absl::StatusCode::kInvalidArgument)
        << host;
  }
  EXPECT_FALSE(std::filesystem::exists(path_) && !Read().empty());
}

TEST_F(KnownHostsTest, DoesNotAddOverAnotherProgramsEntry) {
  const auto known_hosts = Load();
  Write(Line("web1", 'b'));
  EXPECT_EQ(known_hosts->Add("web1", 22, kType, Blob(kType, 'a'), false).status().code(),
            absl::StatusCode::kAborted);
  EXPECT_EQ(Read(), Line("web1", 'b'));
}

TEST_F(KnownHostsTest, AFileThatIsAFolderIsAnError) {
  const auto loaded = LoadKnownHosts({folder_}, "");
  EXPECT_FALSE(loaded.ok());
  EXPECT_THAT(std::string(loaded.status().message()), HasSubstr(folder_));
}

TEST_F(KnownHostsTest, KeysOfTheFileOfRevokedOnesAreNobodys) {
  Write(Line("web1") + Line("web2", 'b'));
  const std::string revoked = folder_ + "/revoked";
  const auto load = [&](const std::string& text) {
    std::ofstream(revoked, std::ios::trunc) << text;
    return LoadKnownHosts({path_}, path_, nullptr, revoked);
  };
  const std::string key_a = Line("").substr(1), key_b = Blob(kType, 'b');  // without a name
  const auto one = *load("# gone\n\n  " + key_a);
  const KnownHosts::Lookup lookup = CheckIn(*one, "web1", 2222, Blob(kType, 'a'));
  EXPECT_EQ(lookup.verdict, Verdict::kRevoked);
  EXPECT_EQ(lookup.where, revoked + ":3");
  EXPECT_EQ(CheckIn(*one, "anybody", 22, Blob(kType, 'a')).verdict, Verdict::kRevoked);
  EXPECT_EQ(CheckIn(*one, "web2", 22, key_b).verdict, Verdict::kMatch);
  EXPECT_EQ(CheckIn(**load("ssh-ed25519 none\n"), "web2", 22, key_b).verdict, Verdict::kRevoked);
  EXPECT_TRUE(absl::IsUnimplemented(load(std::string("SSHKRL\n\0\0\0", 10)).status()));
  std::filesystem::remove(revoked);
  const absl::Status missing = LoadKnownHosts({path_}, path_, nullptr, revoked).status();
  EXPECT_TRUE(absl::IsNotFound(missing)) << missing;
}

TEST_F(KnownHostsTest, WithoutAFileToAddToNothingIsAdded) {
  const auto known_hosts = *LoadKnownHosts({}, "");
  EXPECT_EQ(known_hosts->Add("web1", 22, kType, Blob(kType, 'a'), false).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace muster::engine
