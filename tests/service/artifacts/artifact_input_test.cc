#include "service/artifacts/artifact_input.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "tests/service/store/store_samples.h"

namespace muster::service {
namespace {

using ::testing::HasSubstr;

constexpr size_t kBlock = ArtifactBlocks::kBlockBytes;
constexpr size_t kRead = kBlock * ArtifactBlocks::kBlocksPerRead;
constexpr size_t kMost = kBlock * ArtifactBlocks::kMostBlocks;

// No two blocks of it are the same.
std::string Bytes(size_t size) {
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 + i / kBlock);
  return bytes;
}

class ArtifactInputTest : public ::testing::Test {
 protected:
  ~ArtifactInputTest() override { blocks_->Stop(); }

  std::shared_ptr<engine::InputSource> Open(const std::string& bytes) {
    path_ = absl::StrCat(folder_.path(), "/", ++opened_);
    UniqueFd file(open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600));
    EXPECT_EQ(write(file.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    return NewArtifactInput("app.tar", std::move(file), bytes.size(), blocks_);
  }
  // Waits for what is not in memory.
  static engine::InputPiece ReadAt(engine::InputSource* input, uint64_t position,
                                   uint32_t host = 0) {
    std::promise<engine::InputPiece> later;
    engine::InputPiece piece = input->Read(
        host, position, [&](engine::InputPiece came) { later.set_value(std::move(came)); });
    if (!piece.bytes.empty() || piece.end) return piece;
    return later.get_future().get();
  }
  static std::string ReadAll(engine::InputSource* input, uint32_t host = 0) {
    std::string all;
    for (;;) {
      const engine::InputPiece piece = ReadAt(input, all.size(), host);
      EXPECT_EQ(piece.problem, "");
      all.append(piece.bytes.data(), piece.bytes.size());
      if (piece.end || piece.bytes.empty()) return all;
    }
  }
  // Whether it is answered without a helper.
  static bool IsInMemory(engine::InputSource* input, uint64_t position) {
    auto later = std::make_shared<std::promise<void>>();
    const engine::InputPiece piece =
        input->Read(0, position, [later](const engine::InputPiece&) { later->set_value(); });
    if (!piece.bytes.empty()) return true;
    later->get_future().wait();
    return false;
  }

  TestFolder folder_;
  int opened_ = 0;
  std::string path_;  // of the one that was opened last
  HelperPool helpers_{2};
  std::shared_ptr<ArtifactBlocks> blocks_ = std::make_shared<ArtifactBlocks>(&helpers_);
};

TEST_F(ArtifactInputTest, EachHostReadsAllOfItWhateverItsSize) {
  for (const size_t size :
       {size_t{1}, kBlock - 1, kBlock, kBlock + 1, kRead, kRead + 1, 3 * kMost}) {
    const std::string all = Bytes(size);
    const auto input = Open(all);
    EXPECT_TRUE(ReadAll(input.get(), 0) == all) << size;
    EXPECT_TRUE(ReadAll(input.get(), 1) == all) << size;
  }
}

TEST_F(ArtifactInputTest, AnEmptyOneEndsAtOnce) {
  const auto input = Open("");
  const engine::InputPiece piece = input->Read(0, 0, [](engine::InputPiece) { FAIL(); });
  EXPECT_TRUE(piece.end);
  EXPECT_TRUE(piece.bytes.empty());
}

TEST_F(ArtifactInputTest, ItIsReadOnFromAnywhere) {
  const std::string all = Bytes(2 * kRead + 10);
  const auto input = Open(all);
  for (const size_t from : {size_t{7}, kBlock - 1, kRead + 5, all.size() - 1}) {
    const engine::InputPiece piece = ReadAt(input.get(), from);
    ASSERT_FALSE(piece.bytes.empty());
    EXPECT_TRUE(all.substr(from, piece.bytes.size()) == piece.bytes) << from;
    EXPECT_EQ(piece.end, from + piece.bytes.size() == all.size());
  }
  EXPECT_TRUE(ReadAt(input.get(), all.size()).end);
}

TEST_F(ArtifactInputTest, HostsOfTheSameSpeedShareWhatIsRead) {
  const auto input = Open(Bytes(2 * kRead));
  const engine::InputPiece first = ReadAt(input.get(), 0, 0);
  EXPECT_EQ(ReadAt(input.get(), 10, 1).owner, first.owner);
  EXPECT_TRUE(IsInMemory(input.get(), kRead - 1));
  EXPECT_FALSE(IsInMemory(input.get(), kRead));
}

TEST_F(ArtifactInputTest, WhoAsksWhileItIsReadIsToldWithTheFirst) {
  absl::Notification go;
  for (int i = 0; i < 2; ++i) helpers_.Run([&] { go.WaitForNotification(); });
  const auto input = Open(Bytes(kRead));
  std::vector<std::promise<engine::InputPiece>> later(3);
  for (uint32_t host = 0; host < 3; ++host) {
    input->Read(host, host < 2 ? 0 : kBlock,
                [&, host](engine::InputPiece piece) { later[host].set_value(std::move(piece)); });
  }
  go.Notify();
  const engine::InputPiece first = later[0].get_future().get();
  EXPECT_EQ(later[1].get_future().get().owner, first.owner);
  EXPECT_TRUE(Bytes(kRead).substr(kBlock, kBlock) == later[2].get_future().get().bytes);
  helpers_.Drain();
}

TEST_F(ArtifactInputTest, MemoryIsBoundedOverAllInputs) {
  const auto input = Open(Bytes(kMost));
  const std::weak_ptr<const std::string> first = ReadAt(input.get(), 0).owner;
  ReadAll(input.get());
  EXPECT_FALSE(first.expired());
  const auto other = Open(Bytes(2 * kRead));
  ReadAll(other.get());
  EXPECT_TRUE(first.expired());
  EXPECT_FALSE(IsInMemory(input.get(), 0));
}

TEST_F(ArtifactInputTest, WhatIsHeldIsGoodForAsLongAsItIs) {
  const std::string all = Bytes(2 * kMost);
  auto input = Open(all);
  const engine::InputPiece first = ReadAt(input.get(), 0);
  ReadAll(input.get());
  input.reset();
  EXPECT_TRUE(all.substr(0, kBlock) == first.bytes);
}

TEST_F(ArtifactInputTest, AnotherArtifactIsNeverTakenForIt) {
  for (char c = 'a'; c <= 'z'; ++c) {
    const std::string all(kBlock, c);
    EXPECT_TRUE(ReadAll(Open(all).get()) == all) << c;
  }
}

TEST_F(ArtifactInputTest, ManyReadAtOnceEachAtItsOwnPlace) {
  const std::string all = Bytes(kMost + kMost / 2);
  const auto input = Open(all);
  std::vector<std::thread> hosts;
  for (uint32_t host = 0; host < 16; ++host) {
    hosts.emplace_back([&, host] { EXPECT_TRUE(ReadAll(input.get(), host) == all); });
  }
  for (std::thread& host : hosts) host.join();
}

TEST_F(ArtifactInputTest, OneThatWasCutIsAProblemAndNoEnd) {
  const auto input = Open(Bytes(2 * kRead));
  ASSERT_EQ(truncate(path_.c_str(), kBlock), 0);
  const engine::InputPiece piece = ReadAt(input.get(), kBlock);
  EXPECT_FALSE(piece.end);
  EXPECT_THAT(piece.problem, HasSubstr("artifact app.tar has 65536 bytes; it had 524288"));
}

TEST_F(ArtifactInputTest, OnceStoppedItCallsNobody) {
  absl::Notification go;
  for (int i = 0; i < 2; ++i) helpers_.Run([&] { go.WaitForNotification(); });
  const auto input = Open(Bytes(kRead));
  input->Read(0, 0, [](engine::InputPiece) { ADD_FAILURE(); });
  blocks_->Stop();
  go.Notify();
  const engine::InputPiece piece = input->Read(1, 0, [](engine::InputPiece) { ADD_FAILURE(); });
  EXPECT_TRUE(piece.bytes.empty());
  EXPECT_FALSE(piece.end);
  helpers_.Drain();
}

}  // namespace
}  // namespace muster::service
