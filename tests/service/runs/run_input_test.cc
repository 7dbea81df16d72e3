#include "service/runs/run_input.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <string>

#include "absl/strings/str_cat.h"
#include "proto/contract/error_details.h"

namespace muster::service {
namespace {

class RunInputTest : public ::testing::Test {
 protected:
  // Waits for what is not in memory.
  engine::InputPiece ReadAt(uint64_t position, uint32_t host = 0) {
    std::promise<engine::InputPiece> promise;
    engine::InputPiece piece = input_->Read(
        host, position, [&](engine::InputPiece later) { promise.set_value(std::move(later)); });
    if (!piece.bytes.empty() || piece.end) return piece;
    return promise.get_future().get();
  }
  std::string ReadAll(uint32_t host = 0) {
    std::string all;
    for (;;) {
      const engine::InputPiece piece = ReadAt(all.size(), host);
      EXPECT_EQ(piece.problem, "");
      all.append(piece.bytes.data(), piece.bytes.size());
      if (piece.end || piece.bytes.empty()) return all;
    }
  }

  HelperPool helpers_{2};
  std::shared_ptr<RunInput> input_ = *RunInput::Open(::testing::TempDir(), &helpers_);
};

TEST_F(RunInputTest, EachReaderHasAllOfIt) {
  EXPECT_EQ(input_->Add({}, 0, "one ", false)->offset, 4u);
  const RunInput::Taken taken = *input_->Add({}, 4, "two", true);
  EXPECT_EQ(taken.offset, 7u);
  EXPECT_TRUE(taken.end);
  EXPECT_EQ(ReadAll(), "one two");
  EXPECT_EQ(ReadAll(), "one two");
}

TEST_F(RunInputTest, WhatWasTakenBeforeIsPassedOver) {
  ASSERT_TRUE(input_->Add({}, 0, "abc", false).ok());
  EXPECT_EQ(input_->Add({}, 0, "abc", false)->offset, 3u);
  EXPECT_EQ(input_->Add({}, 1, "bcd", true)->offset, 4u);
  EXPECT_TRUE(input_->Add({}, 1, "bcd", true)->end);
  EXPECT_EQ(ReadAll(), "abcd");
  const absl::Status gap = input_->Add({}, 9, "x", false).status();
  EXPECT_TRUE(absl::IsOutOfRange(gap)) << gap;
  EXPECT_EQ(ReasonOf(gap), v1::ERROR_REASON_OFFSET_UNKNOWN);
  EXPECT_EQ(input_->Add({}, 0, "", false)->offset, 4u);
  const absl::Status more = input_->Add({}, 4, "x", false).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(more)) << more;
  EXPECT_EQ(ReasonOf(more), v1::ERROR_REASON_RUN_STATE);
}

TEST_F(RunInputTest, WhoIsLateReadsFromTheDisk) {
  std::string all;
  std::string part(512 << 10, 'x');
  for (size_t i = 0; all.size() < 3 * InputSpool::kMemoryBytes; ++i) {
    part[0] = static_cast<char>('a' + i % 26);
    ASSERT_EQ(input_->Add({}, all.size(), part, false)->offset, all.size() + part.size());
    all += part;
  }
  ASSERT_TRUE(input_->Add({}, all.size(), "", true)->end);
  EXPECT_EQ(ReadAll(), all);
}

TEST_F(RunInputTest, TheCallerIsNotFarAheadOfTheFastest) {
  const std::string part(1 << 20, 'x');
  uint64_t offset = 0;
  while (offset < RunInput::kMostAhead) offset = input_->Add({}, offset, part, false)->offset;
  EXPECT_EQ(offset, RunInput::kMostAhead);
  EXPECT_EQ(input_->Add({}, offset, part, true)->offset, offset);
  EXPECT_FALSE(input_->Add({}, offset, part, true)->end);
  ReadAt(1000);
  EXPECT_EQ(input_->Add({}, offset, part, true)->offset, offset + 1000);
}

TEST_F(RunInputTest, WhoWaitsIsToldWhenMoreHasCome) {
  bool told = false;
  EXPECT_TRUE(input_->Read(0, 0, [&](engine::InputPiece) { told = true; }).bytes.empty());
  EXPECT_FALSE(told);
  ASSERT_TRUE(input_->Add({}, 0, "x", false).ok());
  EXPECT_TRUE(told);
}

TEST_F(RunInputTest, AHostReadsWhatAllAndItAloneWereSent) {
  ASSERT_TRUE(input_->Add({}, 0, "all ", false).ok());
  EXPECT_EQ(input_->Add({2}, 0, "two ", false)->offset, 4u);
  EXPECT_EQ(input_->Add({3, 2, 3}, 0, "x", false).status().code(),
            absl::StatusCode::kFailedPrecondition);  // they were sent different numbers alone
  EXPECT_EQ(input_->Add({4, 3}, 0, "three and four ", false)->offset, 15u);
  EXPECT_EQ(input_->Add({2}, 0, "two ", false)->offset, 4u);  // a repeat
  EXPECT_EQ(input_->Add({}, 4, "again", true)->offset, 9u);
  EXPECT_EQ(ReadAll(0), "all again");
  EXPECT_EQ(ReadAll(2), "all two again");
  EXPECT_EQ(ReadAll(3), "all three and four again");
  EXPECT_EQ(ReadAll(4), "all three and four again");
}

TEST_F(RunInputTest, TheInputOfOneHostEndsByItself) {
  ASSERT_TRUE(input_->Add({}, 0, "a", false).ok());
  EXPECT_TRUE(input_->Add({1}, 0, "b", true)->end);
  ASSERT_TRUE(input_->Add({}, 1, "c", false).ok());
  const absl::Status more = input_->Add({1}, 1, "x", false).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(more)) << more;
  EXPECT_TRUE(input_->Add({}, 2, "", true)->end);
  EXPECT_EQ(ReadAll(1), "ab");
  EXPECT_EQ(ReadAll(0), "ac");
}

TEST_F(RunInputTest, OnlyWhoIsMeantIsTold) {
  std::string told;
  const auto wait = [&](uint32_t host, uint64_t position) {
    input_->Read(host, position,
                 [&told, host](engine::InputPiece) { absl::StrAppend(&told, host); });
  };
  wait(0, 0);
  wait(1, 0);
  ASSERT_TRUE(input_->Add({1}, 0, "x", false).ok());
  EXPECT_EQ(told, "1");
  wait(1, 1);
  ASSERT_TRUE(input_->Add({}, 0, "y", true).ok());
  std::sort(told.begin(), told.end());
  EXPECT_EQ(told, "011");
}

TEST_F(RunInputTest, WhoReadsWhatItAloneWasSentDoesNotHoldUpAll) {
  const std::string part(1 << 20, 'x');
  ASSERT_TRUE(input_->Add({1}, 0, "x", false).ok());
  uint64_t offset = 0;
  while (offset + part.size() <= RunInput::kMostAhead)
    offset = input_->Add({}, offset, part, false)->offset;
  EXPECT_EQ(input_->Add({}, offset, part, false)->offset, offset);
  ReadAt(1001, 1);
  EXPECT_EQ(input_->Add({}, offset, part, false)->offset, offset + 1000);
}

TEST_F(RunInputTest, ClosedItCallsNobodyAndTakesNothing) {
  bool told = false;
  input_->Read(0, 0, [&](engine::InputPiece) { told = true; });
  input_->Close();
  const absl::Status status = input_->Add({}, 0, "x", false).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_FALSE(told);
}

}  // namespace
}  // namespace muster::service
