#include "service/artifacts/artifact_store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/sha.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "proto/contract/error_details.h"
#include "proto/contract/times.h"
#include "tests/service/store/store_samples.h"

namespace muster::service {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kAnn[] = "uid:1000";
constexpr char kCi[] = "dns:ci.example.com";

std::string Sha256(const std::string& bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(&digest[0]));
  return digest;
}

v1::PutArtifactRequest Bytes(const std::string& name, uint64_t offset, const std::string& data,
                             bool end = false, const std::string& sha256 = "") {
  v1::PutArtifactRequest put;
  put.set_name(name);
  put.set_offset(offset);
  put.set_data(data);
  put.set_end(end);
  put.set_sha256(sha256);
  return put;
}

class ArtifactStoreTest : public ::testing::Test {
 protected:
  ArtifactStoreTest() { Open(); }
  // As the next daemon does.
  void Open() {
    store_.reset();
    auto store = ArtifactStore::Open(folder(), limits_, &helpers_, [this] { return now_; });
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  std::string folder() const { return folder_.path() + "/artifacts"; }
  absl::StatusOr<v1::Artifact> Put(const v1::PutArtifactRequest& put,
                                   const std::string& owner = kAnn) {
    return store_->Put(owner, put);
  }
  std::vector<std::string> Names(const std::string& owner = kAnn) {
    std::vector<std::string> names;
    for (const v1::Artifact& artifact : store_->List(owner, "", 100)) {
      names.push_back(
          absl::StrCat(artifact.name(), " ", artifact.bytes(), artifact.whole() ? " whole" : ""));
    }
    return names;
  }
  // Of all owners.
  std::vector<fs::path> Files() {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder())) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
    return files;
  }
  absl::StatusOr<std::string> ReadAll(const std::string& name, const std::string& owner = kAnn) {
    auto input = store_->OpenInput(owner, name);
    if (!input.ok()) return input.status();
    return ReadAll(input->get());
  }
  static std::string ReadAll(engine::InputSource* input) {
    std::string all;
    for (;;) {
      std::promise<engine::InputPiece> later;
      engine::InputPiece piece = input->Read(
          0, all.size(), [&](engine::InputPiece came) { later.set_value(std::move(came)); });
      if (piece.bytes.empty() && !piece.end) piece = later.get_future().get();
      EXPECT_EQ(piece.problem, "");
      all.append(piece.bytes.data(), piece.bytes.size());
      if (piece.end || piece.bytes.empty()) return all;
    }
  }

  TestFolder folder_;
  ArtifactLimits limits_;
  absl::Time now_ = absl::Now();
  HelperPool helpers_{2};
  std::unique_ptr<ArtifactStore> store_;
};

TEST_F(ArtifactStoreTest, IsWholeWithItsLastBytesAndStaysSo) {
  const v1::Artifact part = *Put(Bytes("app.tar", 0, "abc"));
  EXPECT_EQ(part.bytes(), 3u);
  EXPECT_FALSE(part.whole());
  EXPECT_THAT(part.sha256(), IsEmpty());
  const auto whole = Put(Bytes("app.tar", 3, "def", true, Sha256("abcdef")));
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_EQ(whole->bytes(), 6u);
  EXPECT_TRUE(whole->whole());
  EXPECT_EQ(whole->sha256(), Sha256("abcdef"));
  EXPECT_EQ(TimeOf(whole->update_time()), absl::FromUnixNanos(absl::ToUnixNanos(now_)));
  EXPECT_EQ(*ReadAll("app.tar"), "abcdef");
  Open();
  EXPECT_EQ(store_->List(kAnn, "", 10).at(0).sha256(), Sha256("abcdef"));
  EXPECT_EQ(*ReadAll("app.tar"), "abcdef");
}

TEST_F(ArtifactStoreTest, NobodyElseOfTheMachineReadsIt) {
  ASSERT_TRUE(Put(Bytes("a", 0, "x")).ok());
  ASSERT_TRUE(Put(Bytes("b", 0, "x", true)).ok());
  ASSERT_EQ(Files().size(), 2u);
  for (const fs::path& file : Files()) {
    EXPECT_EQ(fs::status(file).permissions(), fs::perms(0600)) << file;
    EXPECT_EQ(fs::status(file.parent_path()).permissions(), fs::perms(0700)) << file;
  }
  EXPECT_EQ(fs::status(folder()).permissions(), fs::perms(0700));
}

TEST_F(ArtifactStoreTest, MayBeEmpty) {
  EXPECT_FALSE(Put(Bytes("none", 0, ""))->whole());
  Open();
  EXPECT_THAT(Names(), ElementsAre("none 0"));
  const auto whole = Put(Bytes("none", 0, "", true, Sha256("")));
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_EQ(whole->sha256(), Sha256(""));
  EXPECT_EQ(*ReadAll("none"), "");
}

TEST_F(ArtifactStoreTest, WhatIsThereAlreadyIsPassedOver) {
  ASSERT_TRUE(Put(Bytes("a", 0, "abc")).ok());
  EXPECT_EQ(Put(Bytes("a", 0, "abc"))->bytes(), 3u);
  EXPECT_EQ(Put(Bytes("a", 1, "bcde"))->bytes(), 5u);
  const absl::Status gap = Put(Bytes("a", 6, "g")).status();
  EXPECT_TRUE(absl::IsOutOfRange(gap)) << gap;
  EXPECT_EQ(ReasonOf(gap), v1::ERROR_REASON_OFFSET_UNKNOWN);
  EXPECT_EQ(Put(Bytes("a", 0, ""))->bytes(), 5u);
  EXPECT_THAT(std::string(gap.message()), HasSubstr("has 5 bytes: go on there"));
  EXPECT_TRUE(absl::IsOutOfRange(Put(Bytes("a", ~uint64_t{0}, "g")).status()));
  EXPECT_TRUE(absl::IsOutOfRange(Put(Bytes("other", 1, "g")).status()));
  EXPECT_THAT(Names(), ElementsAre("a 5"));
  EXPECT_TRUE(Put(Bytes("a", 3, "de", true, Sha256("abcde")))->whole());
}

TEST_F(ArtifactStoreTest, AWholeOneTakesRepeatsAndNothingElse) {
  ASSERT_TRUE(Put(Bytes("a", 0, "abc", true)).ok());
  EXPECT_TRUE(Put(Bytes("a", 0, "abc", true, Sha256("abc")))->whole());
  EXPECT_TRUE(Put(Bytes("a", 0, "ab"))->whole());
  EXPECT_TRUE(Put(Bytes("a", 3, "", true))->whole());
  const v1::PutArtifactRequest others[] = {
      Bytes("a", 4, ""),
      Bytes("a", 2, "cd"),
      Bytes("a", ~uint64_t{0}, "x"),
      Bytes("a", 0, "ab", true),
      Bytes("a", 0, "abc", true, Sha256("abd")),
  };
  for (const v1::PutArtifactRequest& other : others) {
    const absl::Status status = Put(other).status();
    EXPECT_TRUE(absl::IsAlreadyExists(status)) << other.ShortDebugString() << status;
    EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_ARTIFACT_EXISTS);
  }
  EXPECT_EQ(*ReadAll("a"), "abc");
}

TEST_F(ArtifactStoreTest, OfWhatIsNotAsItIsToBeNothingIsKept) {
  ASSERT_TRUE(Put(Bytes("a", 0, "abc")).ok());
  const absl::Status other = Put(Bytes("a", 3, "d", true, Sha256("abce"))).status();
  EXPECT_TRUE(absl::IsDataLoss(other)) << other;
  EXPECT_THAT(Files(), IsEmpty());
  ASSERT_TRUE(Put(Bytes("a", 0, "longer than it is to be")).ok());
  const absl::Status shorter = Put(Bytes("a", 0, "longer", true)).status();
  EXPECT_TRUE(absl::IsDataLoss(shorter)) << shorter;
  EXPECT_THAT(Names(), IsEmpty());
  EXPECT_THAT(Files(), IsEmpty());
  EXPECT_TRUE(Put(Bytes("a", 0, "abce", true, Sha256("abce")))->whole());
}

TEST_F(ArtifactStoreTest, APartGoesOnWithTheNextDaemon) {
  ASSERT_TRUE(Put(Bytes("a", 0, "abc")).ok());
  Open();
  EXPECT_THAT(Names(), ElementsAre("a 3"));
  ASSERT_TRUE(Put(Bytes("a", 3, "def")).ok());
  const auto whole = Put(Bytes("a", 6, "", true));
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_EQ(whole->sha256(), Sha256("abcdef"));
}

// As a daemon leaves it that is killed once it has written: the caller sends those bytes again.
TEST_F(ArtifactStoreTest, BytesThatWereWrittenAndNotAnsweredAreThere) {
  ASSERT_TRUE(Put(Bytes("a", 0, "abc")).ok());
  std::ofstream(Files().at(0), std::ios::app) << "def";
  Open();
  const auto whole = Put(Bytes("a", 3, "defg", true, Sha256("abcdefg")));
  EXPECT_TRUE(whole.ok()) << whole.status();
}

TEST_F(ArtifactStoreTest, WhatLossOfPowerMayHaveCutIsNotGoneOnWith) {
  ASSERT_TRUE(Put(Bytes("a", 0, "abc")).ok());
  ASSERT_TRUE(Put(Bytes("b", 0, "abc", true)).ok());
  for (const fs::path& file : Files()) {
    const std::string path = file.string();
    if (path.find("~part.") == std::string::npos) continue;
    fs::rename(path, path.substr(0, path.find("~part.")) + "~part.an-earlier-boot");
  }
  Open();
  EXPECT_THAT(Names(), ElementsAre("b 3 whole"));
  EXPECT_EQ(Files().size(), 1u);
}

TEST_F(ArtifactStoreTest, PartsAreRemovedADayAfterTheirLastBytes) {
  ASSERT_TRUE(Put(Bytes("part", 0, "abc")).ok());
  ASSERT_TRUE(Put(Bytes("whole", 0, "abc", true)).ok());
  now_ += absl::Hours(23);
  ASSERT_TRUE(Put(Bytes("part", 3, "d")).ok());
  now_ += absl::Hours(23);
  ASSERT_TRUE(Put(Bytes("other", 0, "", true), kCi).ok());
  EXPECT_THAT(Names(), ElementsAre("part 4", "whole 3 whole"));
  now_ += absl::Hours(2);
  ASSERT_TRUE(Put(Bytes("other", 0, "", true), kCi).ok());
  EXPECT_THAT(Names(), ElementsAre("whole 3 whole"));
  EXPECT_EQ(Files().size(), 2u);
}

TEST_F(ArtifactStoreTest, OldPartsAreRemovedAtTheStart) {
  ASSERT_TRUE(Put(Bytes("part", 0, "abc")).ok());
  now_ += absl::Hours(25);
  Open();
  EXPECT_THAT(Names(), IsEmpty());
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(ArtifactStoreTest, EachOwnerHasNamesOfHisOwn) {
  ASSERT_TRUE(Put(Bytes("a", 0, "ann's", true), kAnn).ok());
  EXPECT_THAT(Names(kCi), IsEmpty());
  EXPECT_TRUE(absl::IsNotFound(ReadAll("a", kCi).status()));
  EXPECT_TRUE(absl::IsNotFound(store_->Delete(kCi, "a")));
  ASSERT_TRUE(Put(Bytes("a", 0, "ci's", true), kCi).ok());
  EXPECT_EQ(*ReadAll("a", kAnn), "ann's");
  EXPECT_EQ(*ReadAll("a", kCi), "ci's");
  Open();
  EXPECT_EQ(*ReadAll("a", kAnn), "ann's");
}

TEST_F(ArtifactStoreTest, NamesAreWithinTheirRules) {
  EXPECT_TRUE(Put(Bytes(std::string(128, 'n'), 0, "x", true)).ok());
  EXPECT_TRUE(Put(Bytes("-A.z_0", 0, "x", true)).ok());
  for (const std::string name :
       {"", ".", "..", ".hidden", "a/b", "a~b", "a b", "\xc3\xa9", "a\n"}) {
    const absl::Status status = Put(Bytes(name, 0, "x")).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << name << status;
  }
  EXPECT_TRUE(absl::IsInvalidArgument(Put(Bytes(std::string(129, 'n'), 0, "")).status()));
  EXPECT_EQ(Files().size(), 2u);
}

TEST_F(ArtifactStoreTest, DataAndSha256AreWithinTheirLimits) {
  const std::string most(512 << 10, 'x');
  EXPECT_TRUE(Put(Bytes("a", 0, most)).ok());
  const absl::Status status = Put(Bytes("b", 0, most + "x", true, "short")).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("data: 524289 bytes; at most 524288"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("sha256: 5 bytes"));
}

TEST_F(ArtifactStoreTest, AllTogetherHaveABoundAndDeletingMakesRoom) {
  limits_.max_bytes = 10;
  Open();
  ASSERT_TRUE(Put(Bytes("a", 0, "123456"), kAnn).ok());
  ASSERT_TRUE(Put(Bytes("b", 0, "7890", true), kCi).ok());
  const absl::Status more = Put(Bytes("a", 6, "x"), kAnn).status();
  EXPECT_TRUE(absl::IsResourceExhausted(more)) << more;
  EXPECT_EQ(ReasonOf(more), v1::ERROR_REASON_REQUEST_TOO_LARGE);
  EXPECT_THAT(std::string(more.message()), HasSubstr("--max-artifacts"));
  EXPECT_TRUE(absl::IsResourceExhausted(Put(Bytes("c", 0, "x"), kAnn).status()));
  EXPECT_THAT(Names(), ElementsAre("a 6"));
  EXPECT_TRUE(Put(Bytes("a", 0, "123456"), kAnn).ok());  // nothing of it is new
  Open();
  EXPECT_TRUE(absl::IsResourceExhausted(Put(Bytes("a", 6, "x"), kAnn).status()));
  ASSERT_TRUE(store_->Delete(kCi, "b").ok());
  EXPECT_TRUE(Put(Bytes("a", 6, "7890", true), kAnn)->whole());
}

TEST_F(ArtifactStoreTest, ADaemonMayTakeNone) {
  ASSERT_TRUE(Put(Bytes("a", 0, "abc", true)).ok());
  limits_.max_bytes = 0;
  Open();
  const absl::Status status = Put(Bytes("b", 0, "", true)).status();
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("--max-artifacts 0"));
  EXPECT_EQ(*ReadAll("a"), "abc");
}

TEST_F(ArtifactStoreTest, OneCallerHasABoundOfTheirNumber) {
  limits_.max_artifacts = 2;
  Open();
  ASSERT_TRUE(Put(Bytes("a", 0, "")).ok());
  ASSERT_TRUE(Put(Bytes("b", 0, "")).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(Put(Bytes("c", 0, "")).status()));
  EXPECT_TRUE(Put(Bytes("c", 0, ""), kCi).ok());
  EXPECT_TRUE(Put(Bytes("a", 0, "x")).ok());
}

TEST_F(ArtifactStoreTest, TheDiskKeepsRoomForRuns) {
  limits_.min_free_bytes = uint64_t{1} << 60;
  Open();
  const absl::Status status = Put(Bytes("a", 0, "x")).status();
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_DISK_FULL);
  EXPECT_THAT(Names(), IsEmpty());
}

// Files that may not grow stand for a disk that is full (setrlimit(2), RLIMIT_FSIZE).
TEST_F(ArtifactStoreTest, AFullDiskLeavesAPartAsItWas) {
  ASSERT_TRUE(Put(Bytes("a", 0, "0123456789")).ok());
  signal(SIGXFSZ, SIG_IGN);
  rlimit before = {};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small = {12, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const absl::Status full = Put(Bytes("a", 10, "abcdef")).status();
  const absl::Status full_at_once = Put(Bytes("b", 0, "0123456789abcdef")).status();
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_TRUE(absl::IsResourceExhausted(full)) << full;
  EXPECT_EQ(ReasonOf(full), v1::ERROR_REASON_DISK_FULL);
  EXPECT_THAT(std::string(full.message()), Not(HasSubstr(folder_.path())));
  EXPECT_TRUE(absl::IsResourceExhausted(full_at_once)) << full_at_once;
  EXPECT_THAT(Names(), ElementsAre("a 10"));
  EXPECT_EQ(Files().size(), 1u);
  EXPECT_EQ(fs::file_size(Files().at(0)), 10u);
  EXPECT_TRUE(Put(Bytes("a", 10, "abc", true, Sha256("0123456789abc")))->whole());
}

TEST_F(ArtifactStoreTest, WhoReadsADeletedOneHasItToItsEnd) {
  const std::string large(3 << 20, 'x');
  for (size_t at = 0; at < large.size(); at += 512 << 10) {
    ASSERT_TRUE(Put(Bytes("a", at, large.substr(at, 512 << 10))).ok());
  }
  ASSERT_TRUE(Put(Bytes("a", large.size(), "", true)).ok());
  const auto input = *store_->OpenInput(kAnn, "a");
  ASSERT_TRUE(store_->Delete(kAnn, "a").ok());
  EXPECT_THAT(Names(), IsEmpty());
  EXPECT_THAT(Files(), IsEmpty());
  EXPECT_TRUE(absl::IsNotFound(store_->OpenInput(kAnn, "a").status()));
  EXPECT_TRUE(absl::IsNotFound(store_->Delete(kAnn, "a")));
  ASSERT_TRUE(Put(Bytes("a", 0, "another", true)).ok());
  EXPECT_EQ(ReadAll(input.get()), large);
  EXPECT_EQ(*ReadAll("a"), "another");
}

TEST_F(ArtifactStoreTest, APartCanBeDeletedAndBegunAnew) {
  ASSERT_TRUE(Put(Bytes("a", 0, "abc")).ok());
  ASSERT_TRUE(store_->Delete(kAnn, "a").ok());
  EXPECT_THAT(Files(), IsEmpty());
  EXPECT_TRUE(Put(Bytes("a", 0, "xyz", true, Sha256("xyz")))->whole());
}

TEST_F(ArtifactStoreTest, WhatIsNotWholeIsNotRead) {
  ASSERT_TRUE(Put(Bytes("a", 0, "abc")).ok());
  const absl::Status part = store_->OpenInput(kAnn, "a").status();
  EXPECT_TRUE(absl::IsNotFound(part));
  EXPECT_EQ(ReasonOf(part), v1::ERROR_REASON_SOURCE_NOT_FOUND);
  EXPECT_THAT(std::string(part.message()), HasSubstr("\"a\" is not whole"));
  const absl::Status none = store_->OpenInput(kAnn, "b").status();
  EXPECT_EQ(ReasonOf(none), v1::ERROR_REASON_SOURCE_NOT_FOUND);
  EXPECT_THAT(std::string(none.message()), HasSubstr("no artifact \"b\""));
}

TEST_F(ArtifactStoreTest, AreListedByNameFromAnyOn) {
  for (const char* name : {"c", "a", "b", "d"}) ASSERT_TRUE(Put(Bytes(name, 0, "")).ok());
  EXPECT_THAT(Names(), ElementsAre("a 0", "b 0", "c 0", "d 0"));
  const std::vector<v1::Artifact> some = store_->List(kAnn, "a", 2);
  ASSERT_EQ(some.size(), 2u);
  EXPECT_EQ(some[0].name(), "b");
  EXPECT_EQ(some[1].name(), "c");
}

TEST_F(ArtifactStoreTest, WhatIsNoArtifactIsLeftAlone) {
  ASSERT_TRUE(Put(Bytes("a", 0, "abc", true)).ok());
  const fs::path stray = Files().at(0).parent_path() / "notes";
  std::ofstream(stray) << "x";
  fs::create_directory(folder() + "/lost+found");
  Open();
  EXPECT_THAT(Names(), ElementsAre("a 3 whole"));
  EXPECT_TRUE(fs::exists(stray));
}

// Callers that do not know of each other, as after a call that was repeated too early.
TEST_F(ArtifactStoreTest, ManyMaySendTheSameAtOnce) {
  const std::string all(100'000, 'x');
  constexpr size_t kPiece = 1000;
  std::vector<std::thread> senders;
  for (int i = 0; i < 4; ++i) {
    senders.emplace_back([&] {
      for (size_t at = 0; at < all.size(); at += kPiece) {
        EXPECT_TRUE(Put(Bytes("a", at, all.substr(at, kPiece))).ok());
      }
      const auto whole = Put(Bytes("a", all.size(), "", true, Sha256(all)));
      EXPECT_TRUE(whole.ok()) << whole.status();
    });
  }
  for (std::thread& sender : senders) sender.join();
  EXPECT_EQ(*ReadAll("a"), all);
  EXPECT_EQ(Files().size(), 1u);
}

TEST_F(ArtifactStoreTest, DeletingBesideSendingLosesNoCount) {
  limits_.max_bytes = 1000;
  Open();
  std::thread deleter([&] {
    for (int i = 0; i < 200; ++i) (void)store_->Delete(kAnn, "a");
  });
  for (int i = 0; i < 200; ++i) (void)Put(Bytes("a", 0, "0123456789", true));
  deleter.join();
  (void)store_->Delete(kAnn, "a");
  EXPECT_THAT(Files(), IsEmpty());
  EXPECT_TRUE(Put(Bytes("b", 0, std::string(1000, 'x'))).ok());
}

}  // namespace
}  // namespace muster::service
