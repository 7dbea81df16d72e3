#include "service/journal/crash_point.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <cstdio>
#include <cstdlib>

namespace muster::service {
namespace {

TEST(CrashPointTest, AnythingButANameAndACountIsRefused) {
  for (const char* text : {"sync-before", "sync-before:0", "sync-before:-1", "sync-before:x",
                           "sync:1", ":1", "sync-before:1:2"}) {
    EXPECT_EQ(ArmCrashPoint(text).code(), absl::StatusCode::kInvalidArgument) << text;
  }
  EXPECT_TRUE(ArmCrashPoint("").ok());
  for (int i = 0; i < 10; ++i) PassCrashPoint(CrashPoint::kSyncBefore);
}

TEST(CrashPointDeathTest, TheProcessEndsAtThatPassOfThatPoint) {
  EXPECT_EXIT(
      {
        if (!ArmCrashPoint("sync-after:2").ok()) exit(1);
        PassCrashPoint(CrashPoint::kSyncBefore);
        PassCrashPoint(CrashPoint::kSyncBefore);
        PassCrashPoint(CrashPoint::kSyncAfter);
        std::fputs("still here", stderr);
        PassCrashPoint(CrashPoint::kSyncAfter);
      },
      ::testing::KilledBySignal(SIGKILL), "still here");
}

}  // namespace
}  // namespace muster::service
