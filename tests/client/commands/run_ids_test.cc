#include "client/commands/run_ids.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/client/library/fake_run_service.h"

namespace muster::client {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class RunIdsTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::string> Resolve(const std::string& word) {
    return ResolveRunId(word, /*unix=*/true, client_.get());
  }

  FakeRunService service_{0, 0, 0};
  std::unique_ptr<MusterClient> client_ =
      *MusterClient::Create({service_.address(), false}, {}, {});
};

TEST_F(RunIdsTest, TheBeginningOfOneIsEnough) {
  service_.ids = {"abcd0efghjkm1", "abcd1efghjkm2", "zzzzz00000000"};
  EXPECT_EQ(*Resolve("abcd1"), "abcd1efghjkm2");
  EXPECT_EQ(*Resolve("zzzz"), "zzzzz00000000");
  EXPECT_EQ(*Resolve("last"), "abcd0efghjkm1");
  EXPECT_EQ(*Resolve("abcd0efghjkm9"), "abcd0efghjkm9");  // the daemon says that there is none
}

TEST_F(RunIdsTest, WhereSeveralBeginSoAllAreNamed) {
  service_.ids = {"abcd0efghjkm1", "abcd1efghjkm2", "zzzzz00000000"};
  EXPECT_THAT(std::string(Resolve("abcd").status().message()),
              AllOf(HasSubstr("may be any of abcd0efghjkm1, abcd1efghjkm2")));
  EXPECT_TRUE(absl::IsNotFound(Resolve("yyyy").status()));
}

TEST_F(RunIdsTest, ALetterOrTwoAreASlipOfTheFinger) {
  service_.ids = {"abcd0efghjkm1"};
  EXPECT_THAT(std::string(Resolve("abc").status().message()), HasSubstr("at least 4"));
}

}  // namespace
}  // namespace muster::client
