#include "proto/contract/answers_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace muster {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

TEST(AnswersTextTest, OneInEachLine) {
  const auto answers =
      ParseAnswers("# of the second factor\r\n\n Verification code=12=34 \r\nPIN = a b\n");
  ASSERT_TRUE(answers.ok()) << answers.status();
  EXPECT_THAT(*answers, ElementsAre(Pair("Verification code", "12=34"), Pair("PIN", "a b")));
}

TEST(AnswersTextTest, WhatIsWrongIsToldByItsLineAlone) {
  const auto problem = [](const std::string& text) {
    return std::string(ParseAnswers(text).status().message());
  };
  EXPECT_EQ(problem(""), "no line is QUESTION = ANSWER");
  EXPECT_THAT(problem("a = b\nsecret\n"), HasSubstr("line 2: it is not of the form"));
  EXPECT_THAT(problem("a = b\nsecret\n"), Not(HasSubstr("secret")));
  EXPECT_THAT(problem("= b"), HasSubstr("line 1: one side"));
  EXPECT_THAT(problem(absl::StrCat("a = ", std::string(1025, 'x'))), HasSubstr("more than 1024"));
  EXPECT_THAT(problem(absl::StrCat(std::string(257, 'x'), " = a")), HasSubstr("more than 256"));
  std::string many;
  for (int i = 0; i < 17; ++i) absl::StrAppend(&many, "q", i, " = a\n");
  EXPECT_EQ(problem(many), "17 answers; at most 16");
}

}  // namespace
}  // namespace muster
