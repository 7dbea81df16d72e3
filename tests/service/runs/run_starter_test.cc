#include "service/runs/run_starter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/service/artifacts/test_artifacts.h"
#include "tests/service/runs/run_fakes.h"

namespace muster::service {
namespace {

using engine::HostState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::RunSpec Spec() {
  v1::RunSpec spec;
  spec.mutable_targets()->set_expression("host[0-2]");
  spec.mutable_command()->set_shell("true");
  return spec;
}

class RunStarterTest : public ::testing::Test {
 protected:
  RunStarterTest() {
    // Starting waits until the store has the run, which is the first that it queues.
    daemon_.on_wake = [this](absl::Duration) {
      if (std::exchange(starting_, false)) daemon_.journal.Turn().IgnoreError();
    };
  }
  template <typename Call>
  absl::StatusOr<RunRef> WithStore(Call call) {
    starting_ = true;
    absl::StatusOr<RunRef> run = call();
    starting_ = false;
    return run;
  }
  absl::StatusOr<RunRef> Ask(const v1::RunSpec& spec, const std::string& request_id) {
    return WithStore(
        [&] { return starter_.Start(owner_, spec, request_id, [this] { return waits_; }); });
  }
  std::shared_ptr<service::Run> Start(const v1::RunSpec& spec = Spec()) {
    const absl::StatusOr<RunRef> run = Ask(spec, /*request_id=*/"");
    EXPECT_TRUE(run.ok()) << run.status();
    return run->live;
  }
  absl::StatusOr<RunRef> Rerun(const Caller& caller, const std::string& id,
                               const std::vector<v1::HostState>& states = {},
                               const std::string& request_id = "") {
    v1::RerunHostsRequest request;
    request.set_request_id(request_id);
    request.set_run_id(id);
    for (const v1::HostState state : states) request.add_states(state);
    return WithStore([&] { return starter_.Rerun(caller, request, [this] { return waits_; }); });
  }
  // The newest run: hosts 0 and 2 as SUCCEEDED.
  void EndHosts(HostState of_host_1) {
    FakeEngineRun& engine = *daemon_.engine.runs().back();
    engine.EndNow(0);
    engine.EndNow(1, of_host_1);
    engine.EndNow(2);
    EXPECT_TRUE(daemon_.Turn().ok());
  }
  bool idle() const {
    return activity_.IdleFor(Activity::Clock::now() + std::chrono::hours(1)) > absl::ZeroDuration();
  }
  static std::vector<std::string> NamesOf(const service::Run& run) {
    std::vector<std::string> names;
    for (const v1::RunHost& host : run.hosts()) names.push_back(host.name());
    return names;
  }

  const Caller owner_{Caller::Kind::kUid, "1000"};
  const Caller other_{Caller::Kind::kDns, "ci.example.com"};
  bool starting_ = false;
  bool waits_ = true;  // the caller
  Config config_;
  std::unique_ptr<Authorizer> authorizer_ = *Authorizer::Create(config_);
  FileCache files_;
  TestArtifacts artifacts_;
  RunPreparer preparer_{&config_, authorizer_.get(), &files_, RunSettings(), artifacts_.store()};
  Activity activity_{Activity::Clock::now()};
  FakeDaemon daemon_;
  HelperPool helpers_{1};
  Runs runs_{&daemon_.store, daemon_.parts(), 10,
             [this](const service::Run& run) { starter_.OnOver(run); }};
  RunStarter starter_{
      &daemon_.store, &preparer_, &runs_, &activity_, {::testing::TempDir(), &helpers_}};
};

TEST_F(RunStarterTest, ARunIsActivityUntilItIsOver) {
  EXPECT_TRUE(idle());
  Start();
  Start();
  EXPECT_FALSE(idle());
  EndHosts(HostState::kSucceeded);
  EXPECT_FALSE(idle());
  daemon_.engine.runs()[0]->EndNow(0);
  daemon_.engine.runs()[0]->EndNow(1);
  daemon_.engine.runs()[0]->EndNow(2);
  EXPECT_TRUE(daemon_.Turn().ok());
  EXPECT_TRUE(idle());
}

TEST_F(RunStarterTest, ValidatingStartsNothing) {
  const absl::StatusOr<v1::Run> run = starter_.Validate(owner_, Spec());
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->host_count(), 3u);
  EXPECT_EQ(run->creator(), "uid:1000");
  EXPECT_THAT(run->id(), IsEmpty());
  EXPECT_THAT(runs_.Live(), IsEmpty());
  EXPECT_TRUE(idle());
}

TEST_F(RunStarterTest, ARequestIdThatIsTooLongStartsNothing) {
  const absl::StatusOr<RunRef> run = Ask(Spec(), std::string(129, 'x'));
  EXPECT_TRUE(absl::IsInvalidArgument(run.status())) << run.status();
  EXPECT_THAT(runs_.Live(), IsEmpty());
}

TEST_F(RunStarterTest, ARepeatIsTheRunThatExists) {
  const absl::StatusOr<RunRef> run = Ask(Spec(), "r1");
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(Ask(Spec(), "r1")->id(), run->id());
  v1::RunSpec spec = Spec();
  spec.mutable_rollout()->set_shuffle_seed(7);
  EXPECT_TRUE(absl::IsAlreadyExists(Ask(spec, "r1").status()));
  EndHosts(HostState::kExitedNonzero);
  EXPECT_EQ(Ask(Spec(), "r1")->id(), run->id());
}

TEST_F(RunStarterTest, ARequestIdIsOfOneCallAndWhatItAsks) {
  const std::string id = Start()->id();
  EndHosts(HostState::kExitedNonzero);
  const absl::StatusOr<RunRef> again = Rerun(owner_, id, {}, "r1");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(Rerun(owner_, id, {}, "r1")->id(), again->id());
  EXPECT_TRUE(
      absl::IsAlreadyExists(Rerun(owner_, id, {v1::HOST_STATE_EXITED_NONZERO}, "r1").status()));
  EXPECT_TRUE(absl::IsAlreadyExists(Ask(Spec(), "r1").status()));
}

TEST_F(RunStarterTest, WhoHasLeftMeanwhileStartsNothing) {
  waits_ = false;
  EXPECT_TRUE(absl::IsCancelled(Ask(Spec(), "r1").status()));
  EXPECT_THAT(runs_.Live(), IsEmpty());
  EXPECT_TRUE(idle());
}

TEST_F(RunStarterTest, ARerunTakesTheHostsThatDidNotSucceed) {
  const std::string id = Start()->id();
  EndHosts(HostState::kExitedNonzero);
  const absl::StatusOr<RunRef> again = Rerun(owner_, id);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_THAT(NamesOf(*again->live), ElementsAre("host1"));
  EXPECT_EQ(again->Snapshot().rerun_of(), id);
}

// Its password would not be there for the daemon that comes back.
TEST_F(RunStarterTest, ARerunWithAPasswordIsNotContinuedAndSaysSo) {
  v1::RunSpec spec = Spec();
  spec.set_continue_after_restart(true);
  const std::string id = Start(spec)->id();
  EndHosts(HostState::kAuthenticationFailed);
  v1::RerunHostsRequest request;
  request.set_run_id(id);
  request.mutable_login()->mutable_local()->set_password("secret");
  const absl::StatusOr<RunRef> again =
      WithStore([&] { return starter_.Rerun(owner_, request, [this] { return waits_; }); });
  ASSERT_TRUE(again.ok()) << again.status();
  const v1::Run run = again->live->Snapshot();
  EXPECT_FALSE(run.spec().continue_after_restart());
  EXPECT_THAT(run.warnings(), ElementsAre(HasSubstr("password, passphrase or answer is not kept")));
  EXPECT_EQ(run.SerializeAsString().find("secret"), std::string::npos);
}

TEST_F(RunStarterTest, ARerunTakesTheStatesThatItIsTold) {
  const std::string id = Start()->id();
  EndHosts(HostState::kExitedNonzero);
  const absl::StatusOr<RunRef> again = Rerun(owner_, id, {v1::HOST_STATE_SUCCEEDED});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_THAT(NamesOf(*again->live), ElementsAre("host0", "host2"));
  const absl::Status none = Rerun(owner_, id, {v1::HOST_STATE_OUTCOME_UNKNOWN}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(none)) << none;
}

TEST_F(RunStarterTest, ARunThatWasGivenInputIsNotRunAgainWithout) {
  v1::RunSpec spec = Spec();
  const std::shared_ptr<service::Run> run = Start(spec);
  EndHosts(HostState::kExitedNonzero);
  ASSERT_TRUE(Rerun(owner_, run->id()).ok());
  spec.set_input(v1::RUN_INPUT_STREAM);
  const std::shared_ptr<service::Run> given = Start(spec);
  EndHosts(HostState::kExitedNonzero);
  const absl::Status status = Rerun(owner_, given->id()).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("was given input"));
}

TEST_F(RunStarterTest, ARunReadsItsArtifactAndIsSentNothing) {
  artifacts_.Put("uid:1000", "app", "first");
  v1::RunSpec spec = Spec();
  spec.set_input(v1::RUN_INPUT_ARTIFACT);
  spec.set_input_artifact("app");
  const std::shared_ptr<service::Run> run = Start(spec);
  EXPECT_EQ(run->input(), nullptr);  // SendInput is refused
  artifacts_.Delete("uid:1000", "app");
  const engine::Job& job = daemon_.engine.runs().back()->job();
  EXPECT_EQ(TestArtifacts::FirstOf(job.input.get()), "first");
  EXPECT_TRUE(absl::IsNotFound(Ask(spec, "").status()));
  EXPECT_TRUE(absl::IsNotFound(starter_.Validate(owner_, spec).status()));
}

TEST_F(RunStarterTest, ARerunReadsTheSameBytesOrNone) {
  artifacts_.Put("uid:1000", "app", "first");
  v1::RunSpec spec = Spec();
  spec.set_input(v1::RUN_INPUT_ARTIFACT);
  spec.set_input_artifact("app");
  const std::string id = Start(spec)->id();
  EndHosts(HostState::kExitedNonzero);
  artifacts_.Delete("uid:1000", "app");
  EXPECT_TRUE(absl::IsNotFound(Rerun(owner_, id).status()));
  artifacts_.Put("uid:1000", "app", "second");
  const absl::Status other = Rerun(owner_, id).status();
  EXPECT_TRUE(absl::IsNotFound(other)) << other;
  EXPECT_THAT(std::string(other.message()), HasSubstr("has other bytes now"));
  artifacts_.Delete("uid:1000", "app");
  artifacts_.Put("uid:1000", "app", "first");
  const absl::StatusOr<RunRef> again = Rerun(owner_, id);
  ASSERT_TRUE(again.ok()) << again.status();
  const engine::Job& job = daemon_.engine.runs().back()->job();
  EXPECT_EQ(TestArtifacts::FirstOf(job.input.get()), "first");
}

TEST_F(RunStarterTest, NobodyRerunsWhatIsUnderWayOrAnothersRun) {
  const std::string id = Start()->id();
  const absl::Status early = Rerun(owner_, id).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(early)) << early;
  EndHosts(HostState::kExitedNonzero);
  const absl::Status not_his = Rerun(other_, id).status();
  EXPECT_TRUE(absl::IsNotFound(not_his)) << not_his;
}

TEST_F(RunStarterTest, StoppingCancelsRunsOrLeavesThemToTheNextDaemon) {
  const std::shared_ptr<service::Run> canceled = Start();
  v1::RunSpec continued = Spec();
  continued.set_continue_after_restart(true);
  const std::shared_ptr<service::Run> left = Start(continued);
  starter_.Stop(std::chrono::milliseconds(0));
  EXPECT_EQ(daemon_.engine.runs()[0]->asked().cancels, 1);
  EXPECT_EQ(daemon_.engine.runs()[1]->asked().cancels, 0);
  EXPECT_TRUE(daemon_.engine.runs()[1]->asked().paused);
  EndHosts(HostState::kSucceeded);
  EXPECT_FALSE(left->over());  // it is frozen: its log ends where the daemon did
}

TEST_F(RunStarterTest, ARunThatIsMadeWhileItStopsIsClosed) {
  starter_.Stop(std::chrono::milliseconds(0));
  const std::shared_ptr<service::Run> run = Start();
  EXPECT_TRUE(daemon_.Turn().ok());
  EXPECT_THAT(daemon_.engine.runs(), IsEmpty());
  EXPECT_EQ(run->Snapshot().state(), v1::RUN_STATE_CANCELED);
  EXPECT_THAT(run->Snapshot().message(), HasSubstr("stopping"));
  EXPECT_TRUE(idle());
}

}  // namespace
}  // namespace muster::service
