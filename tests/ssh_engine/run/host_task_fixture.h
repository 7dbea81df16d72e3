// A host's task over fakes.
#ifndef TESTS_SSH_ENGINE_RUN_HOST_TASK_FIXTURE_H_
#define TESTS_SSH_ENGINE_RUN_HOST_TASK_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>

#include "ssh_engine/dial/dialer.h"
#include "ssh_engine/run/host_task.h"
#include "tests/ssh_engine/fakes.h"
#include "tests/ssh_engine/loop/simulated_loop.h"

namespace muster::engine {

using Step = SshTransport::Step;
using AuthStep = SshTransport::AuthStep;

constexpr Readiness kReadable = {true, false, false};
constexpr char kHost[] = "web1";

class HostTaskTest : public ::testing::Test {
 protected:
  HostTaskTest() {
    auto credential = std::make_shared<Credential>();
    credential->identities.push_back(MakeIdentity("key"));
    job_->action = Command{"uptime"};
    access_->credential = std::move(credential);
    access_->known_hosts = known_hosts_;
    dial_.access = access_;
    dial_.loop = &loop_;
    dial_.connector = &connector_;
    dial_.proxies = &proxies_;
    dial_.helpers = &helpers_;
    dial_.computers = &helpers_;
    dial_.kerberos = &helpers_;
    dial_.timeout = job_->timeouts.connect;
    context_.action = {&loop_, &reading_, job_, &observer_};
    context_.pool = &pool_;
    dial_.new_transport = [this](UniqueFd fd, SshTransportOptions options) {
      server_.user = options.user;
      ++dials_;
      fd_ = fd.get();
      return std::make_unique<FakeTransport>(std::move(fd), &server_, std::move(options.way));
    };
    observer_.on_ready = [this](uint32_t) {
      if (grants_) loop_.Defer([this] { task_->Grant(); });
    };
  }

  void Start() {
    ends_ = 0;
    task_ = std::make_unique<HostTask>(HostToReach(), &context_, &dial_, [this] { ++ends_; });
    task_->Start();
    loop_.Run();
  }
  Host HostToReach() const {
    Host host{0, kHost, 22, "ann", access_};
    host.host_key_alias = alias_;
    host.proxy_command = proxy_command_;
    host.setup = setup_;
    if (!alias_.empty()) host.port = 2222;  // which an alias has not
    return host;
  }
  // Everything well up to the command's start.
  void StartCommand() {
    Start();
    server_.handshake = Step::kDone;
    server_.logins = {AuthStep::kAccepted};
    server_.open = Step::kDone;
    server_.exec = Step::kDone;
    connector_.Succeed(kHost);
    loop_.Run();
  }
  bool Ready() { return loop_.SetReady(fd_, kReadable); }
  void Exit(int status) {
    server_.exit.has_status = true;
    server_.exit.status = status;
    server_.exit.end_of_output = true;
    server_.pump = Step::kDone;
    Ready();
  }
  void Cancel() { task_->Cancel(Cause::kNone, "the run was canceled."); }
  // The server has told how the command ended, but not that this was all of its output.
  void Status(int status) {
    server_.exit.has_status = true;
    server_.exit.status = status;
    Ready();
  }
  void LineSays(const std::string& output) {
    server_.beside_output += output;
    Ready();
  }
  void LineEnds(const std::string& output) {
    server_.beside = Step::kDone;
    LineSays(output);
  }
  const HostOutcome& outcome() { return observer_.outcomes.at(0); }
  bool ended() const { return ends_ > 0; }

  SimulatedLoop loop_;
  FakeConnector connector_;
  HelperPool helpers_{1};
  FakeServer server_;
  RecordingObserver observer_;
  std::shared_ptr<FakeKnownHosts> known_hosts_ = std::make_shared<FakeKnownHosts>();
  FakeProxyConnector proxies_;
  std::string alias_;
  std::shared_ptr<const ProxyCommand> proxy_command_;
  std::shared_ptr<const ChannelSetup> setup_;
  std::shared_ptr<Job> job_ = std::make_shared<Job>();
  std::shared_ptr<Access> access_ = std::make_shared<Access>();
  SessionPool pool_{&loop_, SessionLimits()};
  std::atomic<bool> may_read_{true};
  ReadingGate reading_{&loop_, &may_read_};
  DialContext dial_;
  RunContext context_;
  std::unique_ptr<HostTask> task_;
  int fd_ = -1;
  int dials_ = 0;
  int ends_ = 0;
  bool grants_ = true;  // at once
};

}  // namespace muster::engine

#endif  // TESTS_SSH_ENGINE_RUN_HOST_TASK_FIXTURE_H_
