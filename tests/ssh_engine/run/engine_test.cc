// The engine against real OpenSSH servers.
#include "ssh_engine/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <condition_variable>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ssh_engine/base/mutex.h"
#include "tests/ssh_engine/sshd.h"

namespace muster::engine {
namespace {

using ::muster::testing::Sshd;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct HostRecord {
  std::vector<HostState> states;
  std::string out;
  std::string err;
  bool ended = false;
  HostOutcome outcome;
};

// Collects what all loops tell, and waits for the end of all hosts.
class Recorder final : public RunObserver {
 public:
  explicit Recorder(size_t hosts) : hosts_(hosts), left_(hosts) {}

  std::unique_ptr<LoopObserver> ForLoop(int, std::shared_ptr<LoopControl> control) override {
    return std::make_unique<Part>(this, std::move(control));
  }

  const std::vector<HostRecord>& Wait() {
    MutexLock lock(&mutex_);
    while (left_ > 0) lock.Wait(&changed_);
    return hosts_;
  }
  void WaitForState(uint32_t host, HostState state) {
    MutexLock lock(&mutex_);
    while (hosts_[host].states.empty() || hosts_[host].states.back() < state) lock.Wait(&changed_);
  }

 private:
  class Part final : public LoopObserver {
   public:
    Part(Recorder* all, std::shared_ptr<LoopControl> control)
        : all_(all), control_(std::move(control)) {}
    void OnReady(uint32_t host, absl::Duration) override { control_->Grant({host}); }
    void OnState(uint32_t host, HostState state) override {
      MutexLock lock(&all_->mutex_);
      all_->hosts_[host].states.push_back(state);
      all_->changed_.notify_all();
    }
    void OnOutput(uint32_t host, OutputStream stream, const OutputChunk& chunk) override {
      MutexLock lock(&all_->mutex_);
      HostRecord& record = all_->hosts_[host];
      EXPECT_FALSE(record.ended);
      (stream == OutputStream::kStdout ? record.out : record.err).append(std::string(chunk.bytes));
    }
    void OnEnd(uint32_t host, const HostOutcome& outcome) override {
      MutexLock lock(&all_->mutex_);
      EXPECT_FALSE(all_->hosts_[host].ended);
      all_->hosts_[host].ended = true;
      all_->hosts_[host].outcome = outcome;
      --all_->left_;
      all_->changed_.notify_all();
    }
    void Flush(absl::Time) override {}

   private:
    Recorder* const all_;
    const std::shared_ptr<LoopControl> control_;
  };

  Mutex mutex_;
  std::condition_variable changed_;
  std::vector<HostRecord> hosts_ ABSL_GUARDED_BY(mutex_);
  size_t left_ ABSL_GUARDED_BY(mutex_);
};

// OpenSSH's, in a folder; ends with the object.
class Agent {
 public:
  explicit Agent(const std::string& folder)
      : socket_(folder + "/agent"), pid_file_(folder + "/agent.pid") {
    Shell(absl::StrCat("eval $(ssh-agent -s -a ", socket_, ") > /dev/null; echo $SSH_AGENT_PID > ",
                       pid_file_));
  }
  ~Agent() { Shell(absl::StrCat("kill $(cat ", pid_file_, ")")); }

  const std::string& socket() const { return socket_; }
  void Add(const std::string& key) { Shell("ssh-add -q " + key); }
  void Generate(const std::string& path, const std::string& type) {
    const char* const bits = type == "rsa" ? " -b 2048" : "";
    Shell(absl::StrCat("ssh-keygen -q -t ", type, bits, " -N '' -C ", type, " -f ", path));
    Add(path);
  }

 private:
  void Shell(const std::string& command) {
    EXPECT_TRUE(::muster::testing::RunProgram(
        {"/bin/sh", "-c", absl::StrCat("export SSH_AUTH_SOCK=", socket_, "; ", command)}));
  }

  const std::string socket_;
  const std::string pid_file_;
};

class EngineTest : public ::testing::Test {
 protected:
  EngineTest() : engine_(NewEngine({2}).value()) {
    CredentialSpec spec;
    spec.identity_files.push_back({sshd_.client_key(), "", true});
    access_->credential = LoadCredential(spec).value();
    access_->known_hosts = LoadKnownHosts({sshd_.known_hosts()}, "").value();
  }

  // What the hosts have that are made from now on; as before where it is not changed.
  Access& Other() {
    access_ = std::make_shared<Access>(*access_);
    return *access_;
  }
  Job MakeJob(const std::string& command) {
    Job job;
    job.action = Command{command};
    return job;
  }
  Host MakeHost(uint32_t index, const std::string& address = "127.0.0.1") {
    return {index, address, sshd_.port(), sshd_.user(), access_};
  }
  std::shared_ptr<RunHandle> Run(Job job, std::vector<Host> hosts,
                                 std::shared_ptr<RunObserver> observer) {
    std::shared_ptr<RunHandle> run = engine_->Start(std::move(job), std::move(observer));
    run->Add(std::move(hosts));
    run->Finish();
    return run;
  }
  HostRecord RunOne(Job job) { return RunOne(std::move(job), MakeHost(0)); }
  HostRecord RunOne(Job job, Host host) {
    const auto recorder = std::make_shared<Recorder>(1);
    Run(std::move(job), {std::move(host)}, recorder);
    return recorder->Wait()[0];
  }

  Sshd sshd_;
  std::shared_ptr<Access> access_ = std::make_shared<Access>();
  std::unique_ptr<Engine> engine_;
};

TEST_F(EngineTest, RunsACommand) {
  const HostRecord host = RunOne(MakeJob("echo out; echo err >&2"));
  EXPECT_EQ(host.out, "out\n");
  EXPECT_EQ(host.err, "err\n");
  EXPECT_EQ(host.outcome.state, HostState::kSucceeded) << host.outcome.message;
  EXPECT_THAT(host.states, ElementsAre(HostState::kConnecting, HostState::kAuthenticating,
                                       HostState::kStarting, HostState::kRunning));
}

// What libssh would lose of each key is seen where memory is watched.
TEST_F(EngineTest, OffersAnAgentsKeysOneByOne) {
  Agent agent(sshd_.folder());
  for (const char* type : {"ed25519", "rsa", "ecdsa"}) {
    agent.Generate(absl::StrCat(sshd_.folder(), "/wrong_", type), type);
  }
  CredentialSpec spec;
  spec.agent_socket = agent.socket();
  Other().credential = LoadCredential(spec).value();
  HostRecord host = RunOne(MakeJob("true"));
  EXPECT_EQ(host.outcome.state, HostState::kAuthenticationFailed);
  EXPECT_THAT(host.outcome.message,
              HasSubstr("none of the keys that were offered for user " + sshd_.user() +
                        ": agent key 'ed25519', agent key 'rsa', agent key 'ecdsa'."));

  agent.Add(sshd_.client_key());
  Other().credential = LoadCredential(spec).value();
  const auto recorder = std::make_shared<Recorder>(4);
  Run(MakeJob("true"),
      {MakeHost(0, "127.0.0.2"), MakeHost(1, "127.0.0.3"), MakeHost(2, "127.0.0.4"),
       MakeHost(3, "127.0.0.5")},
      recorder);
  for (const HostRecord& one : recorder->Wait()) {
    EXPECT_EQ(one.outcome.state, HostState::kSucceeded) << one.outcome.message;
  }
}

TEST_F(EngineTest, TellsExitCodesAndSignals) {
  const HostRecord code = RunOne(MakeJob("exit 7"));
  EXPECT_EQ(code.outcome.state, HostState::kExitedNonzero);
  EXPECT_EQ(code.outcome.exit_code, 7u);
  const HostRecord missing = RunOne(MakeJob("there-is-no-such-command"));
  EXPECT_EQ(missing.outcome.exit_code, 127u);
  const HostRecord killed = RunOne(MakeJob("kill -9 $$"));
  EXPECT_EQ(killed.outcome.state, HostState::kSignaled) << killed.outcome.message;
  EXPECT_EQ(killed.outcome.signal, "KILL");
}

TEST_F(EngineTest, GivesOutEveryByte) {
  const HostRecord host = RunOne(MakeJob("seq 1 300000; printf 'no end'"));
  std::string expected;
  for (int i = 1; i <= 300000; ++i) absl::StrAppend(&expected, i, "\n");
  EXPECT_EQ(host.out, expected + "no end");
}

TEST_F(EngineTest, RunsOnManyHosts) {
  constexpr uint32_t kHosts = 60;
  std::vector<Host> hosts;
  for (uint32_t i = 0; i < kHosts; ++i)
    hosts.push_back(MakeHost(i, absl::StrCat("127.0.1.", i + 1)));
  const auto recorder = std::make_shared<Recorder>(kHosts);
  Job job = MakeJob("echo $SSH_CONNECTION");
  job.max_in_flight = 7;
  Run(std::move(job), hosts, recorder);
  const std::vector<HostRecord>& records = recorder->Wait();
  for (uint32_t i = 0; i < kHosts; ++i) {
    EXPECT_EQ(records[i].outcome.state, HostState::kSucceeded) << records[i].outcome.message;
    EXPECT_THAT(records[i].out, HasSubstr(absl::StrCat(" 127.0.1.", i + 1, " ")));
  }
}

TEST_F(EngineTest, ResolvesNames) {
  EXPECT_EQ(RunOne(MakeJob("true"), MakeHost(0, "localhost")).outcome.state, HostState::kSucceeded);
}

TEST_F(EngineTest, RefusedPort) {
  Host host = MakeHost(0);
  host.port = 1;
  const HostRecord record = RunOne(MakeJob("true"), host);
  EXPECT_EQ(record.outcome.state, HostState::kUnreachable);
  EXPECT_EQ(record.outcome.cause, Cause::kRefused);
  EXPECT_THAT(record.outcome.message, HasSubstr("127.0.0.1:1"));
}

TEST_F(EngineTest, UnknownHostKeyIsRejected) {
  Other().known_hosts = LoadKnownHosts({}, "").value();
  const HostRecord record = RunOne(MakeJob("true"));
  EXPECT_EQ(record.outcome.state, HostState::kHostKeyRejected);
  EXPECT_EQ(record.outcome.cause, Cause::kHostKeyUnknown);
  EXPECT_THAT(record.outcome.message, HasSubstr("SHA256:"));
}

TEST_F(EngineTest, AcceptNewWritesTheKeyDown) {
  const std::string file = sshd_.folder() + "/fresh/known_hosts";
  Access& accepting = Other();
  accepting.host_key_policy = HostKeyPolicy::kAcceptNew;
  accepting.known_hosts = LoadKnownHosts({}, file).value();
  EXPECT_EQ(RunOne(MakeJob("true")).outcome.state, HostState::kSucceeded);
  EXPECT_THAT(muster::testing::ReadFile(file), HasSubstr("ssh-ed25519"));
  Access& strict = Other();
  strict.host_key_policy = HostKeyPolicy::kStrict;
  strict.known_hosts = LoadKnownHosts({file}, "").value();
  EXPECT_EQ(RunOne(MakeJob("true")).outcome.state, HostState::kSucceeded);
}

TEST_F(EngineTest, AKeyTheServerDoesNotKnow) {
  CredentialSpec spec;
  spec.identity_files.push_back({sshd_.folder() + "/host_key", "", true});
  Other().credential = LoadCredential(spec).value();
  const HostRecord record = RunOne(MakeJob("true"));
  EXPECT_EQ(record.outcome.state, HostState::kAuthenticationFailed);
  EXPECT_THAT(record.outcome.message, HasSubstr("host_key"));
  EXPECT_THAT(record.outcome.message, HasSubstr("publickey"));
}

TEST_F(EngineTest, CancelStopsTheCommand) {
  const auto recorder = std::make_shared<Recorder>(1);
  const auto run = Run(MakeJob("trap 'echo stopped; exit 3' TERM; while :; do sleep 0.05; done"),
                       {MakeHost(0)}, recorder);
  recorder->WaitForState(0, HostState::kRunning);
  run->Cancel();
  const HostRecord& record = recorder->Wait()[0];
  EXPECT_EQ(record.outcome.state, HostState::kCanceled);
  EXPECT_TRUE(record.outcome.cancel_confirmed) << record.outcome.message;
}

TEST_F(EngineTest, CommandTimeoutKillsWhatIgnoresTerm) {
  Job job = MakeJob("trap '' TERM; while :; do sleep 0.05; done");
  job.timeouts.command = absl::Milliseconds(200);
  job.stop.grace = absl::Milliseconds(100);
  const HostRecord record = RunOne(std::move(job));
  EXPECT_EQ(record.outcome.state, HostState::kCommandTimeout);
  EXPECT_TRUE(record.outcome.cancel_confirmed) << record.outcome.message;
}

TEST_F(EngineTest, StoppingTheEngineEndsEveryHost) {
  const auto recorder = std::make_shared<Recorder>(2);
  Job job = MakeJob("sleep 100");
  job.max_in_flight = 1;
  Run(std::move(job), {MakeHost(0), MakeHost(1)}, recorder);
  recorder->WaitForState(0, HostState::kRunning);
  engine_.reset();
  const std::vector<HostRecord>& records = recorder->Wait();
  EXPECT_EQ(records[0].outcome.state, HostState::kUnknown);
  EXPECT_EQ(records[1].outcome.state, HostState::kNotStarted);
}

// The figure of the design: near the cost of the handshake's cryptography.
TEST_F(EngineTest, PrintsCpuPerHost) {
  constexpr uint32_t kHosts = 100;
  muster::testing::WriteFile(sshd_.folder() + "/file", std::string(26 * 1024 - 1, 'x') + "\n");
  std::vector<Host> hosts;
  for (uint32_t i = 0; i < kHosts; ++i)
    hosts.push_back(MakeHost(i, absl::StrCat("127.0.1.", i + 1)));
  const auto recorder = std::make_shared<Recorder>(kHosts);
  Job job = MakeJob("cat " + sshd_.folder() + "/file");
  job.max_in_flight = 32;
  rusage before = {}, after = {};
  getrusage(RUSAGE_SELF, &before);
  Run(std::move(job), hosts, recorder);
  for (const HostRecord& record : recorder->Wait()) EXPECT_EQ(record.out.size(), 26 * 1024);
  getrusage(RUSAGE_SELF, &after);
  const auto cpu = [](const rusage& usage) {
    return absl::DurationFromTimeval(usage.ru_utime) + absl::DurationFromTimeval(usage.ru_stime);
  };
  RecordProperty("cpu_us_per_host",
                 static_cast<int>(absl::ToInt64Microseconds(cpu(after) - cpu(before)) / kHosts));
  std::printf("CPU per host: %s\n",
              absl::FormatDuration((cpu(after) - cpu(before)) / kHosts).c_str());
}

}  // namespace
}  // namespace muster::engine
