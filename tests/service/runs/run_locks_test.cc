#include "service/runs/run_locks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/service/fake_engine.h"

namespace muster::service {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

engine::Host HostOf(uint32_t index, const std::string& address) {
  return {index, address, 22, "user", nullptr};
}

class RunLocksTest : public ::testing::Test {
 protected:
  std::vector<uint32_t> added() const { return engine_->asked().added; }

  HostLocks all_{3};
  std::shared_ptr<FakeEngineRun> engine_ =
      std::make_shared<FakeEngineRun>(engine::Job(), std::shared_ptr<engine::RunObserver>());
  RunLocks first_{&all_, "deploy"};
  RunLocks second_{&all_, "deploy"};
};

TEST_F(RunLocksTest, AHostIsAddedOnceItHasItsLock) {
  ASSERT_TRUE(first_.Ask(HostOf(0, "a"), engine_).ok());
  ASSERT_TRUE(second_.Ask(HostOf(7, "A"), engine_).ok());
  EXPECT_THAT(added(), ElementsAre(0));
  first_.Release(0);
  EXPECT_THAT(added(), ElementsAre(0, 7));
  second_.Release(7);
  second_.Release(7);
  EXPECT_EQ(all_.tickets(), 0u);
}

TEST_F(RunLocksTest, WhoGivesUpIsLeftWithTheHostsThatWereNotAdded) {
  ASSERT_TRUE(first_.Ask(HostOf(0, "a"), engine_).ok());
  ASSERT_TRUE(second_.Ask(HostOf(7, "a"), engine_).ok());
  ASSERT_TRUE(second_.Ask(HostOf(8, "b"), engine_).ok());
  EXPECT_THAT(second_.GiveUp(), ElementsAre(7));
  EXPECT_THAT(second_.GiveUp(), IsEmpty());
  first_.Release(0);
  EXPECT_THAT(added(), ElementsAre(0, 8));
  EXPECT_EQ(all_.tickets(), 1u);  // of the host that runs
}

TEST_F(RunLocksTest, AHostThatFoundNoPlaceIsLeftAsWell) {
  for (const uint32_t host : {0, 1, 2}) ASSERT_TRUE(first_.Ask(HostOf(host, "a"), engine_).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(first_.Ask(HostOf(3, "b"), engine_)));
  EXPECT_THAT(added(), ElementsAre(0));
  EXPECT_THAT(first_.GiveUp(), UnorderedElementsAre(1, 2, 3));
}

}  // namespace
}  // namespace muster::service
