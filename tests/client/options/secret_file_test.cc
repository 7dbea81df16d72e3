#include "client/options/secret_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace muster::client {
namespace {

using ::testing::HasSubstr;

class SecretFileTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::string> Read(const std::string& text, mode_t mode = 0600) {
    std::ofstream(path_) << text;
    chmod(path_.c_str(), mode);
    return ReadSecretFile(path_);
  }
  const std::string path_ = ::testing::TempDir() + "secret";
};

TEST_F(SecretFileTest, OneLineEndIsNotPartOfIt) {
  EXPECT_EQ(*Read("p w"), "p w");
  EXPECT_EQ(*Read("p w\n"), "p w");
  EXPECT_EQ(*Read("p w\r\n"), "p w");
  EXPECT_EQ(*Read("p w \n\n"), "p w \n");
  EXPECT_EQ(*Read(""), "");
  EXPECT_EQ(Read(std::string(4096, 'p'))->size(), 4096u);
  EXPECT_THAT(std::string(Read(std::string(4097, 'p')).status().message()),
              HasSubstr("longer than 4096 bytes"));
}

TEST_F(SecretFileTest, OthersMayNotReadIt) {
  for (const mode_t mode : {0640, 0604, 0660, 0602}) {
    const absl::Status refused = Read("secret", mode).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition) << mode;
    EXPECT_THAT(std::string(refused.message()), HasSubstr("secret may be read by others"));
  }
  EXPECT_TRUE(Read("secret", 0400).ok());
}

TEST_F(SecretFileTest, WhatIsNoFileIsNamed) {
  EXPECT_THAT(std::string(ReadSecretFile("-").status().message()), HasSubstr("standard input"));
  EXPECT_EQ(ReadSecretFile(path_ + ".none").status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(ReadSecretFile("/dev/null").status().message()),
              HasSubstr("/dev/null is neither a file nor a pipe"));
}

// As the shell passes <(...).
TEST_F(SecretFileTest, APipeIsReadToItsEnd) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  ASSERT_EQ(write(ends[1], "secret\n", 7), 7);
  close(ends[1]);
  EXPECT_EQ(*ReadSecretFile("/dev/fd/" + std::to_string(ends[0])), "secret");
  close(ends[0]);
}

}  // namespace
}  // namespace muster::client
