#include "client/commands/artifact_upload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/client/library/fake_artifact_service.h"

namespace muster::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr size_t kPiece = ArtifactSource::kPieceBytes;

// Bytes that differ from place to place.
std::string Bytes(size_t size) {
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>((i * 31 + i / 251) % 256);
  return bytes;
}

class ArtifactUploadTest : public ::testing::Test {
 protected:
  ArtifactUploadTest() { signal(SIGPIPE, SIG_IGN); }
  ~ArtifactUploadTest() override { unlink(path_.c_str()); }

  void Write(const std::string& bytes) {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes;
  }
  absl::StatusOr<Uploaded> UploadFrom(const std::string& path) {
    const auto source = ArtifactSource::Open(path);
    if (!source.ok()) return source.status();
    return UploadArtifact("a", source->get(), client_.get());
  }
  absl::StatusOr<Uploaded> UploadFile(const std::string& bytes) {
    Write(bytes);
    return UploadFrom(path_);
  }
  absl::StatusOr<Uploaded> UploadPipe(const std::string& bytes) {
    int ends[2];
    if (pipe(ends) != 0) return absl::InternalError("pipe");
    std::thread writer([&] {
      for (size_t at = 0; at < bytes.size();) {
        const ssize_t size = write(ends[1], &bytes[at], bytes.size() - at);
        if (size <= 0) break;
        at += static_cast<size_t>(size);
      }
      close(ends[1]);
    });
    const absl::StatusOr<Uploaded> uploaded = UploadFrom(absl::StrCat("/dev/fd/", ends[0]));
    close(ends[0]);
    writer.join();
    return uploaded;
  }
  void PutPart(const std::string& bytes) {
    v1::PutArtifactRequest request;
    request.set_name("a");
    request.set_data(bytes);
    ASSERT_TRUE(client_->PutArtifact(request).ok());
  }

  const std::string path_ = absl::StrCat(::testing::TempDir(), "/artifact.", getpid());
  FakeArtifactService service_;
  std::unique_ptr<MusterClient> client_ =
      *MusterClient::Create({service_.address(), false}, {}, {});
};

TEST_F(ArtifactUploadTest, FilesOfAnySizeArriveAsTheyAre) {
  for (const size_t size : {size_t{0}, size_t{1}, kPiece - 1, kPiece, kPiece + 1, 3 * kPiece}) {
    const absl::StatusOr<Uploaded> uploaded = UploadFile(Bytes(size));
    ASSERT_TRUE(uploaded.ok()) << uploaded.status();
    EXPECT_TRUE(uploaded->artifact.whole());
    EXPECT_EQ(uploaded->before, 0u);
    EXPECT_TRUE(service_.BytesOf("a") == Bytes(size)) << size;
    ASSERT_TRUE(client_->DeleteArtifact("a").ok());
  }
}

TEST_F(ArtifactUploadTest, APipeArrivesAsItIs) {
  const absl::StatusOr<Uploaded> uploaded = UploadPipe(Bytes(2 * kPiece + 7));
  ASSERT_TRUE(uploaded.ok()) << uploaded.status();
  EXPECT_TRUE(service_.BytesOf("a") == Bytes(2 * kPiece + 7));
  EXPECT_THAT(service_.offsets(), ElementsAre(0u, kPiece, 2 * kPiece));
}

TEST_F(ArtifactUploadTest, WhatIsThereIsNotSentAgain) {
  PutPart(Bytes(kPiece + 5));
  const absl::StatusOr<Uploaded> uploaded = UploadFile(Bytes(3 * kPiece));
  ASSERT_TRUE(uploaded.ok()) << uploaded.status();
  EXPECT_EQ(uploaded->before, kPiece + 5);
  EXPECT_TRUE(service_.BytesOf("a") == Bytes(3 * kPiece));
  for (const uint64_t offset : service_.offsets()) EXPECT_TRUE(offset == 0 || offset > kPiece);
}

TEST_F(ArtifactUploadTest, APipePassesOverWhatIsThere) {
  PutPart(Bytes(kPiece + 5));
  const absl::StatusOr<Uploaded> uploaded = UploadPipe(Bytes(2 * kPiece));
  ASSERT_TRUE(uploaded.ok()) << uploaded.status();
  EXPECT_TRUE(service_.BytesOf("a") == Bytes(2 * kPiece));
}

TEST_F(ArtifactUploadTest, AnAnswerThatIsLostChangesNothing) {
  service_.lose_answers = 3;
  const absl::StatusOr<Uploaded> uploaded = UploadPipe(Bytes(2 * kPiece));
  ASSERT_TRUE(uploaded.ok()) << uploaded.status();
  EXPECT_TRUE(service_.BytesOf("a") == Bytes(2 * kPiece));
}

TEST_F(ArtifactUploadTest, TheSameAgainIsSuccessAndSendsNothing) {
  ASSERT_TRUE(UploadFile(Bytes(kPiece + 1)).ok());
  const size_t pieces = service_.offsets().size();
  const absl::StatusOr<Uploaded> again = UploadFile(Bytes(kPiece + 1));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->before, kPiece + 1);
  EXPECT_TRUE(UploadPipe(Bytes(kPiece + 1)).ok());
  EXPECT_EQ(service_.offsets().size(), pieces);
}

TEST_F(ArtifactUploadTest, OtherBytesAreAnErrorThatSaysWhatToDo) {
  ASSERT_TRUE(UploadFile(Bytes(kPiece + 10)).ok());
  std::string other = Bytes(kPiece + 10);
  other.back() ^= 1;
  for (const std::string& bytes : {other, Bytes(kPiece + 11), Bytes(kPiece + 9), std::string()}) {
    for (const absl::Status& status : {UploadFile(bytes).status(), UploadPipe(bytes).status()}) {
      EXPECT_TRUE(absl::IsAlreadyExists(status)) << status;
      EXPECT_THAT(std::string(status.message()),
                  HasSubstr("the artifact a is there, and has other bytes; remove it (muster "
                            "artifacts rm a), or choose another name"));
    }
  }
  EXPECT_TRUE(service_.BytesOf("a") == Bytes(kPiece + 10));
}

TEST_F(ArtifactUploadTest, APartOfMoreBytesIsAnother) {
  PutPart(Bytes(10));
  const absl::Status status = UploadFile(Bytes(9)).status();
  EXPECT_TRUE(absl::IsAlreadyExists(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("is there in part, and has other bytes"));
  EXPECT_EQ(service_.BytesOf("a").size(), 10u);
}

TEST_F(ArtifactUploadTest, APartOfOtherBytesIsToldAtTheEndAndIsGone) {
  PutPart("other bytes");
  const absl::Status status = UploadFile(Bytes(100)).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("what was there before was of another file"));
  EXPECT_TRUE(UploadFile(Bytes(100)).ok());
}

TEST_F(ArtifactUploadTest, AFileGoesBackWhereTheDaemonHasLostBytes) {
  service_.cut_to = kPiece / 2;
  service_.cut_at = 2 * kPiece;
  const absl::StatusOr<Uploaded> uploaded = UploadFile(Bytes(3 * kPiece + 3));
  ASSERT_TRUE(uploaded.ok()) << uploaded.status();
  EXPECT_TRUE(service_.BytesOf("a") == Bytes(3 * kPiece + 3));
}

TEST_F(ArtifactUploadTest, APipeSaysThatItCannot) {
  service_.cut_to = kPiece / 2;
  service_.cut_at = 2 * kPiece;
  const absl::Status status = UploadPipe(Bytes(3 * kPiece)).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("musterd has lost bytes"));
  EXPECT_EQ(service_.BytesOf("a").size(), kPiece / 2);
}

TEST_F(ArtifactUploadTest, WhatIsNoFileIsToldWithItsName) {
  EXPECT_THAT(std::string(UploadFrom("/nonexistent/f").status().message()),
              HasSubstr("/nonexistent/f cannot be read: No such file"));
  EXPECT_THAT(std::string(UploadFrom("/tmp").status().message()),
              HasSubstr("/tmp cannot be read: Is a directory"));
  EXPECT_TRUE(absl::IsInvalidArgument(UploadFrom("/tmp").status()));
}

TEST_F(ArtifactUploadTest, WhatAFileGrowsByAfterItsEndWasReadIsNoneOfIt) {
  Write("headbody");
  const auto source = ArtifactSource::Open(path_);
  ASSERT_TRUE(source.ok());
  EXPECT_EQ((*source)->size(), 8u);
  EXPECT_EQ(*(*source)->After(4), "body");
  EXPECT_EQ(*(*source)->After(2), "adbody");
  EXPECT_TRUE((*source)->EndsAt(8));
  EXPECT_FALSE((*source)->EndsAt(4));
  Write("headbody and more");
  EXPECT_EQ(*(*source)->After(6), "dy");
  EXPECT_EQ(*(*source)->After(8), "");
  EXPECT_TRUE(absl::IsOutOfRange((*source)->After(9).status()));
}

}  // namespace
}  // namespace muster::client
