#include "client/output/artifact_text.h"

#include <gtest/gtest.h>

namespace muster::client {
namespace {

v1::Artifact Artifact(const std::string& name, uint64_t bytes, const std::string& sha256) {
  v1::Artifact artifact;
  artifact.set_name(name);
  artifact.set_bytes(bytes);
  artifact.set_whole(!sha256.empty());
  artifact.set_sha256(sha256);
  artifact.mutable_update_time()->set_seconds(1'700'000'000);
  return artifact;
}

TEST(ArtifactTextTest, Table) {
  EXPECT_EQ(ArtifactsTable({}, 0, absl::UTCTimeZone()), "no artifacts\n");
  const std::vector<v1::Artifact> artifacts = {Artifact("app-1.2.tar", 1234567, "\x01\xff"),
                                               Artifact("b\n", 7, "")};
  EXPECT_EQ(ArtifactsTable(artifacts, 0, absl::UTCTimeZone()),
            "NAME           BYTES  UPDATED              SHA256\n"
            "app-1.2.tar  1234567  2023-11-14 22:13:20  01ff\n"
            "b^J                7  2023-11-14 22:13:20  not whole yet\n");
  EXPECT_EQ(ArtifactsTable({artifacts[1]}, 32, absl::UTCTimeZone()),
            "NAME  BYTES  UPDATED         ...\n"
            "b^J       7  2023-11-14 22:13...\n");
}

TEST(ArtifactTextTest, WhatWasPut) {
  const v1::Artifact artifact = Artifact("a", 7, "\x01\xff");
  EXPECT_EQ(PutText(artifact, 0), "artifact a: 7 bytes, sha256 01ff");
  EXPECT_EQ(PutText(artifact, 3), "artifact a: 7 bytes, sha256 01ff; 3 of them were there already");
  EXPECT_EQ(PutText(artifact, 7), "artifact a: 7 bytes, sha256 01ff, which was there already");
}

TEST(ArtifactTextTest, HowFarItIsRead) {
  EXPECT_EQ(ReadingText("a", 1000, 0, absl::Seconds(2)), "a: 1000 B, 2 s");
  EXPECT_EQ(ReadingText("a", 512 << 10, 3 << 20, absl::Seconds(125)),
            "a: 512.0 KiB of 3.0 MiB, 2:05 min");
  EXPECT_EQ(ReadingText("a", 1, UINT64_MAX, absl::Seconds(1)), "a: 1 B of 16.0 EiB, 1 s");
}

}  // namespace
}  // namespace muster::client
