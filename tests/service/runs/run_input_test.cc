#include "service/runs/run_input.h"

#include <gtest/gtest.h>

#include <future>
#include <string>

#include "proto/contract/error_details.h"

namespace muster::service {
namespace {

class RunInputTest : public ::testing::Test {
 protected:
  // Waits for what is not in memory.
  engine::InputPiece ReadAt(uint64_t position) {
    std::promise<engine::InputPiece> promise;
    engine::InputPiece piece = input_->Read(
        position, [&](engine::InputPiece later) { promise.set_value(std::move(later)); });
    if (!piece.bytes.empty() || piece.end) return piece;
    return promise.get_future().get();
  }
  std::string ReadAll() {
    std::string all;
    for (;;) {
      const engine::InputPiece piece = ReadAt(all.size());
      EXPECT_EQ(piece.problem, "");
      all.append(piece.bytes.data(), piece.bytes.size());
      if (piece.end || piece.bytes.empty()) return all;
    }
  }

  HelperPool helpers_{2};
  std::shared_ptr<RunInput> input_ = *RunInput::Open(::testing::TempDir(), &helpers_);
};

TEST_F(RunInputTest, EachReaderHasAllOfIt) {
  EXPECT_EQ(input_->Add(0, "one ", false)->offset, 4u);
  const RunInput::Taken taken = *input_->Add(4, "two", true);
  EXPECT_EQ(taken.offset, 7u);
  EXPECT_TRUE(taken.end);
  EXPECT_EQ(ReadAll(), "one two");
  EXPECT_EQ(ReadAll(), "one two");
}

TEST_F(RunInputTest, WhatWasTakenBeforeIsPassedOver) {
  ASSERT_TRUE(input_->Add(0, "abc", false).ok());
  EXPECT_EQ(input_->Add(0, "abc", false)->offset, 3u);
  EXPECT_EQ(input_->Add(1, "bcd", true)->offset, 4u);
  EXPECT_TRUE(input_->Add(1, "bcd", true)->end);
  EXPECT_EQ(ReadAll(), "abcd");
  const absl::Status gap = input_->Add(9, "x", false).status();
  EXPECT_TRUE(absl::IsOutOfRange(gap)) << gap;
  const absl::Status more = input_->Add(4, "x", false).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(more)) << more;
  EXPECT_EQ(ReasonOf(more), v1::ERROR_REASON_RUN_STATE);
}

TEST_F(RunInputTest, WhoIsLateReadsFromTheDisk) {
  std::string all;
  std::string part(512 << 10, 'x');
  for (size_t i = 0; all.size() < 3 * RunInput::kMemoryBytes; ++i) {
    part[0] = static_cast<char>('a' + i % 26);
    ASSERT_EQ(input_->Add(all.size(), part, false)->offset, all.size() + part.size());
    all += part;
  }
  ASSERT_TRUE(input_->Add(all.size(), "", true)->end);
  EXPECT_EQ(ReadAll(), all);
}

TEST_F(RunInputTest, TheCallerIsNotFarAheadOfTheFastest) {
  const std::string part(1 << 20, 'x');
  uint64_t offset = 0;
  while (offset < RunInput::kMostAhead) offset = input_->Add(offset, part, false)->offset;
  EXPECT_EQ(offset, RunInput::kMostAhead);
  EXPECT_EQ(input_->Add(offset, part, true)->offset, offset);
  EXPECT_FALSE(input_->Add(offset, part, true)->end);
  ReadAt(1000);
  EXPECT_EQ(input_->Add(offset, part, true)->offset, offset + 1000);
}

TEST_F(RunInputTest, WhoWaitsIsToldWhenMoreHasCome) {
  bool told = false;
  EXPECT_TRUE(input_->Read(0, [&](engine::InputPiece) { told = true; }).bytes.empty());
  EXPECT_FALSE(told);
  ASSERT_TRUE(input_->Add(0, "x", false).ok());
  EXPECT_TRUE(told);
}

TEST_F(RunInputTest, ClosedItCallsNobodyAndTakesNothing) {
  bool told = false;
  input_->Read(0, [&](engine::InputPiece) { told = true; });
  input_->Close();
  const absl::Status status = input_->Add(0, "x", false).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_FALSE(told);
}

}  // namespace
}  // namespace muster::service
