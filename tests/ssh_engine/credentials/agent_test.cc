#include "ssh_engine/credentials/agent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "ssh_engine/base/unique_fd.h"

namespace muster::engine {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Short, since a unix socket's path has at most 107 bytes and Bazel's folders are deep.
class TempDir {
 public:
  TempDir() {
    char name[] = "/tmp/muster-agent-XXXXXX";
    if (mkdtemp(name) != nullptr) path_ = name;
  }
  ~TempDir() {
    if (system(absl::StrCat("rm -rf ", path_).c_str()) != 0) ADD_FAILURE() << path_ << " is left";
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string Uint32(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

std::string String(const std::string& bytes) { return Uint32(bytes.size()) + bytes; }

std::string Message(char type, const std::string& body) {
  return String(std::string(1, type) + body);
}

enum class After { kHangUp, kSilence };

// Listens on a unix socket, takes one question, answers with given bytes, and hangs up or stays
// silent until it is destroyed.
class FakeAgent {
 public:
  FakeAgent(std::string answer, After after = After::kHangUp)
      : answer_(std::move(answer)), after_(after) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    strncpy(address.sun_path, path().c_str(), sizeof(address.sun_path) - 1);
    listener_.Reset(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(listen(listener_.get(), 1), 0);
    thread_ = std::thread([this] { Serve(); });
  }
  ~FakeAgent() {
    shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }

  std::string path() const { return absl::StrCat(dir_.path(), "/agent"); }
  // What it was asked; only once the answer has come.
  const std::string& question() const { return question_; }

 private:
  void Serve() {
    const UniqueFd peer(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!peer.valid()) return;
    char byte;
    while (question_.size() < 5 && recv(peer.get(), &byte, 1, 0) == 1) question_ += byte;
    // In two pieces: a reader must not count on whole messages.
    const size_t half = answer_.size() / 2;
    send(peer.get(), answer_.data(), half, MSG_NOSIGNAL);
    send(peer.get(), answer_.data() + half, answer_.size() - half, MSG_NOSIGNAL);
    if (after_ == After::kSilence) recv(peer.get(), &byte, 1, 0);  // until the client gives up
  }

  const std::string answer_;
  const After after_;
  const TempDir dir_;
  UniqueFd listener_;
  std::string question_;
  std::thread thread_;
};

constexpr absl::Duration kLong = absl::Seconds(20);

TEST(AgentTest, ListsKeysInTheAgentsOrder) {
  const std::string answer = Message(12, Uint32(2) + String("blob one") + String("ann@laptop") +
                                             String(std::string("b\0b", 3)) + String(""));
  FakeAgent agent(answer);
  const absl::StatusOr<std::vector<AgentKey>> keys = ListAgentKeys(agent.path(), kLong);
  ASSERT_TRUE(keys.ok()) << keys.status();
  ASSERT_EQ(keys->size(), 2);
  EXPECT_EQ((*keys)[0].blob, "blob one");
  EXPECT_EQ((*keys)[0].comment, "ann@laptop");
  EXPECT_EQ((*keys)[1].blob, std::string("b\0b", 3));
  EXPECT_EQ((*keys)[1].comment, "");
  EXPECT_EQ(agent.question(), std::string("\0\0\0\1\x0b", 5));
  EXPECT_EQ(AgentAnswer(*keys), answer);
}

TEST(AgentTest, AnEmptyAgentHasNoKeys) {
  FakeAgent agent(Message(12, Uint32(0)));
  const absl::StatusOr<std::vector<AgentKey>> keys = ListAgentKeys(agent.path(), kLong);
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_THAT(*keys, IsEmpty());
}

struct BadAnswer {
  std::string name;
  std::string answer;
  absl::StatusCode code;
};

TEST(AgentTest, BadAnswersAreErrorsThatNameTheSocket) {
  const std::string key = String("blob") + String("comment");
  const std::vector<BadAnswer> cases = {
      {"failure", Message(5, ""), absl::StatusCode::kFailedPrecondition},
      {"another message", Message(14, Uint32(0)), absl::StatusCode::kDataLoss},
      {"text", "HTTP/1.1 400 Bad Request\r\n\r\n", absl::StatusCode::kDataLoss},
      {"no type", Uint32(0), absl::StatusCode::kDataLoss},
      {"no count", Message(12, "\1"), absl::StatusCode::kDataLoss},
      {"fewer keys than said", Message(12, Uint32(2) + key), absl::StatusCode::kDataLoss},
      {"endless keys", Message(12, Uint32(0xffffffff) + key), absl::StatusCode::kDataLoss},
      {"no comment", Message(12, Uint32(1) + String("blob")), absl::StatusCode::kDataLoss},
      {"a string that passes the end", Message(12, Uint32(1) + Uint32(0xfffffff0) + "blob"),
       absl::StatusCode::kDataLoss},
      {"huge length", Uint32(0xffffffff) + "x", absl::StatusCode::kDataLoss},
      {"just too long", Uint32(256 * 1024 + 1), absl::StatusCode::kDataLoss},
      {"torn header", "ab", absl::StatusCode::kUnavailable},
      {"torn body", Uint32(100) + "\x0c", absl::StatusCode::kUnavailable},
      {"hang-up", "", absl::StatusCode::kUnavailable},
  };
  for (const BadAnswer& bad : cases) {
    SCOPED_TRACE(bad.name);
    FakeAgent agent(bad.answer);
    const absl::Status status = ListAgentKeys(agent.path(), kLong).status();
    EXPECT_EQ(status.code(), bad.code) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(agent.path()));
  }
}

TEST(AgentTest, SilenceEndsAtTheTimeout) {
  const std::vector<std::string> answers = {"", std::string("\0\0", 2), Uint32(9) + "\x0c"};
  for (const std::string& answer : answers) {
    FakeAgent agent(answer, After::kSilence);
    const absl::Status status = ListAgentKeys(agent.path(), absl::Milliseconds(30)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  }
}

TEST(AgentTest, AFullBacklogEndsAtTheTimeout) {
  const TempDir dir;
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const std::string path = absl::StrCat(dir.path(), "/agent");
  strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  const auto* name = reinterpret_cast<const sockaddr*>(&address);
  const UniqueFd listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(bind(listener.get(), name, sizeof(address)), 0);
  ASSERT_EQ(listen(listener.get(), 0), 0);
  const UniqueFd first(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(connect(first.get(), name, sizeof(address)), 0);
  const absl::Status status = ListAgentKeys(path, absl::Milliseconds(30)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
}

TEST(AgentTest, SocketsThatNobodyServes) {
  const TempDir dir;
  EXPECT_EQ(ListAgentKeys(dir.path() + "/none", kLong).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(ListAgentKeys(std::string(200, 'x'), kLong).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ListAgentKeys("", kLong).status().code(), absl::StatusCode::kInvalidArgument);
  const std::string file = dir.path() + "/file";
  std::ofstream(file) << "not a socket";
  const absl::Status refused = ListAgentKeys(file, kLong).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable) << refused;
}

// The ssh-agent of OpenSSH, for the test's lifetime.
class RealAgent {
 public:
  // ssh-agent returns, with its process id on stdout, once its child listens.
  RealAgent() {
    FILE* output = popen(absl::StrCat("ssh-agent -s -a ", path()).c_str(), "r");
    char line[256];
    while (fgets(line, sizeof(line), output) != nullptr) {
      sscanf(line, "SSH_AGENT_PID=%d;", &pid_);  // NOLINT(cert-err34-c)
    }
    pclose(output);
    EXPECT_GT(pid_, 0) << "the package openssh-client is needed";
  }
  ~RealAgent() {
    if (pid_ > 0) kill(pid_, SIGTERM);
  }

  std::string path() const { return absl::StrCat(dir_.path(), "/agent"); }

  int Add(const std::string& key) const {
    return system(
        absl::StrCat("SSH_AUTH_SOCK=", path(), " ssh-add -q ", key, " 2>/dev/null").c_str());
  }
  std::string NewKey(const std::string& type) const {
    const std::string key = absl::StrCat(dir_.path(), "/", type);
    EXPECT_EQ(
        system(
            absl::StrCat("ssh-keygen -q -N '' -C 'key ", type, "' -t ", type, " -f ", key).c_str()),
        0)
        << "the package openssh-client is needed";
    return key;
  }

 private:
  const TempDir dir_;
  int pid_ = -1;
};

TEST(AgentTest, ReadsOpenSshsAgent) {
  const RealAgent agent;
  std::vector<std::string> files;
  for (const char* type : {"ed25519", "ecdsa"}) {
    files.push_back(agent.NewKey(type));
    ASSERT_EQ(agent.Add(files.back()), 0) << "the package openssh-client is needed";
  }
  const absl::StatusOr<std::vector<AgentKey>> keys = ListAgentKeys(agent.path(), kLong);
  ASSERT_TRUE(keys.ok()) << keys.status();
  ASSERT_EQ(keys->size(), files.size());
  for (size_t i = 0; i < files.size(); ++i) {
    std::ifstream file(files[i] + ".pub");
    std::string type, base64, comment;
    file >> type >> base64;
    std::getline(file >> std::ws, comment);
    EXPECT_EQ(absl::Base64Escape((*keys)[i].blob), base64);
    EXPECT_EQ((*keys)[i].comment, comment);
  }
}

}  // namespace
}  // namespace muster::engine
