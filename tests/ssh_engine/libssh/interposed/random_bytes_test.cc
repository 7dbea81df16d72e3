#include <dlfcn.h>
#include <gtest/gtest.h>
#include <openssl/rand.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

namespace muster::engine {
namespace {

std::string Random(size_t size) {
  std::string bytes(size, '\0');
  EXPECT_EQ(RAND_bytes(reinterpret_cast<unsigned char*>(&bytes[0]), static_cast<int>(size)), 1);
  return bytes;
}

// Also not across the ends of what is drawn at once, which 16 divides and 24 does not.
TEST(RandomBytesTest, NoneIsGivenTwice) {
  std::set<std::string> seen;
  for (const size_t size : {16, 24, 64, 65, 1000}) {
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(Random(size).substr(0, 16)).second);
  }
}

TEST(RandomBytesTest, ThreadsHaveTheirOwn) {
  std::string here = Random(16);
  std::string there;
  std::thread([&there] { there = Random(16); }).join();
  EXPECT_NE(here, there);
}

TEST(RandomBytesTest, AllByteValuesComeAsOften) {
  std::vector<int> counts(256);
  constexpr int kEach = 1000;
  for (int i = 0; i < 256 * kEach / 16; ++i) {
    for (const char byte : Random(16)) ++counts[static_cast<unsigned char>(byte)];
  }
  for (const int count : counts) EXPECT_NEAR(count, kEach, 8 * 32);  // eight standard deviations
}

TEST(RandomBytesTest, OddSizes) {
  EXPECT_EQ(Random(0), "");
  unsigned char byte = 0;
  EXPECT_EQ(RAND_bytes(&byte, -1), 0);
}

// Asks once more when the thread's other objects are gone.
struct AskLate {
  explicit AskLate(std::vector<std::string>* bytes) : bytes_(bytes) {}
  ~AskLate() {
    for (int i = 0; i < 3; ++i) bytes_->push_back(Random(16));
  }
  std::vector<std::string>* bytes_;
};

TEST(RandomBytesTest, DestructorsAtTheEndOfAThreadGetTheirOwn) {
  std::vector<std::string> bytes;
  std::thread([&bytes] {
    thread_local AskLate late(&bytes);  // made before the reserve, so destroyed after it
    (void)late;
    bytes.push_back(Random(16));
  }).join();
  ASSERT_EQ(bytes.size(), 4u);
  EXPECT_EQ(std::set<std::string>(bytes.begin(), bytes.end()).size(), 4u);
  for (const std::string& drawn : bytes) EXPECT_NE(drawn, std::string(16, '\0'));
}

TEST(RandomBytesTest, AChildOfForkDrawsItsOwn) {
  Random(16);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    const std::string drawn = Random(16);
    _exit(write(ends[1], drawn.data(), drawn.size()) == 16 ? 0 : 1);
  }
  std::string theirs(16, '\0');
  ASSERT_EQ(read(ends[0], &theirs[0], theirs.size()), 16);
  waitpid(child, nullptr, 0);
  EXPECT_NE(Random(16), theirs);
}

// What libssh calls is not OpenSSL's.
TEST(RandomBytesTest, StandsBeforeOpenssls) {
  Dl_info ours = {};
  Dl_info openssls = {};
  ASSERT_NE(dladdr(dlsym(RTLD_DEFAULT, "RAND_bytes"), &ours), 0);
  ASSERT_NE(dladdr(dlsym(RTLD_DEFAULT, "RAND_bytes_ex"), &openssls), 0);
  EXPECT_STRNE(ours.dli_fname, openssls.dli_fname);
}

}  // namespace
}  // namespace muster::engine
