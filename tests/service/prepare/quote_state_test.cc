#include "service/prepare/quote_state.h"

#include <gtest/gtest.h>

namespace muster::service {
namespace {

Quoting After(absl::string_view text) {
  QuoteState state;
  for (const char c : text) state.Read(c);
  return state.quoting();
}

TEST(QuoteStateTest, QuotesBeginAndEnd) {
  EXPECT_EQ(After("echo "), Quoting::kNone);
  EXPECT_EQ(After("echo 'a"), Quoting::kSingle);
  EXPECT_EQ(After("echo 'a\" "), Quoting::kSingle);
  EXPECT_EQ(After("echo 'a' "), Quoting::kNone);
  EXPECT_EQ(After("echo \"it's "), Quoting::kDouble);
  EXPECT_EQ(After("echo \"it's\" "), Quoting::kNone);
  EXPECT_EQ(After("a\\'b "), Quoting::kNone);
  EXPECT_EQ(After("echo $(cat "), Quoting::kNone);
  EXPECT_EQ(After("a#b "), Quoting::kNone);
}

TEST(QuoteStateTest, WhereShellsDifferNothingIsCertain) {
  EXPECT_EQ(After("echo \"a\\\" "), Quoting::kUncertain);  // csh has closed it
  EXPECT_EQ(After("echo 'it\\' "), Quoting::kUncertain);   // fish has not
  EXPECT_EQ(After("echo \\"), Quoting::kUncertain);        // what follows is escaped
  EXPECT_EQ(After("echo \"$(echo \"a "), Quoting::kUncertain);
  EXPECT_EQ(After("echo \"${x:-\"a "), Quoting::kUncertain);
  EXPECT_EQ(After("echo `echo "), Quoting::kUncertain);
  EXPECT_EQ(After("echo $'a"), Quoting::kUncertain);
  EXPECT_EQ(After("cat <<end\n"), Quoting::kUncertain);
  EXPECT_EQ(After("true # it's\n"), Quoting::kUncertain);
  EXPECT_EQ(After("# it's\n"), Quoting::kUncertain);
}

TEST(QuoteStateTest, WhatAllReadAlikeInTheEndIsCertain) {
  EXPECT_EQ(After("grep 'a\\.b' "), Quoting::kNone);
  EXPECT_EQ(After("grep \"a\\.b\" "), Quoting::kNone);
  EXPECT_EQ(After("echo '`' "), Quoting::kNone);
}

}  // namespace
}  // namespace muster::service
