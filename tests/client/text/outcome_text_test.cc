// RunView, and what is said of a run at its end.
#include "client/text/outcome_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/library/run_view.h"
#include "client/text/state_names.h"
#include "proto/contract/states.h"

namespace muster::client {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

v1::Event HostsAdded(int count) {
  v1::Event event;
  for (int i = 1; i <= count; ++i) {
    event.mutable_hosts_added()->add_hosts()->set_name("web" + std::to_string(i));
  }
  return event;
}

v1::Event Finished(uint32_t host, v1::HostState state, const std::string& message = "",
                   int exit_code = 0) {
  v1::Event event;
  event.mutable_host_finished()->set_host_index(host);
  event.mutable_host_finished()->mutable_outcome()->set_state(state);
  event.mutable_host_finished()->mutable_outcome()->set_message(message);
  event.mutable_host_finished()->mutable_outcome()->set_exit_code(exit_code);
  return event;
}

RunView ViewOf(const std::vector<v1::HostState>& ends) {
  RunView view;
  view.Apply(HostsAdded(static_cast<int>(ends.size())));
  for (size_t i = 0; i < ends.size(); ++i) {
    view.Apply(Finished(static_cast<uint32_t>(i), ends[i], "why", 1));
  }
  return view;
}

TEST(RunViewTest, CountsHostsAsTheyGo) {
  RunView view;
  view.Apply(HostsAdded(3));
  v1::Event state;
  state.mutable_host_state()->set_host_index(1);
  state.mutable_host_state()->set_state(v1::HOST_STATE_RUNNING);
  view.Apply(state);
  EXPECT_EQ(view.busy(), 1u);
  EXPECT_EQ(view.done(), 0u);
  view.Apply(Finished(1, v1::HOST_STATE_SUCCEEDED));
  view.Apply(Finished(2, v1::HOST_STATE_UNREACHABLE));
  EXPECT_EQ(view.busy(), 0u);
  EXPECT_EQ(view.done(), 2u);
  EXPECT_EQ(view.failed(), 1u);
  EXPECT_EQ(view.NameOf(2), "web3");
}

TEST(OutcomeTextTest, ExitCodesAreTheServers) {
  v1::HostOutcome outcome;
  outcome.set_state(v1::HOST_STATE_EXITED_NONZERO);
  outcome.set_exit_code(3);  // of an older daemon
  EXPECT_EQ(ShortOutcome(outcome), "exited with code 3");
  outcome.set_exit_code(2147483647);
  outcome.set_exit_status(4294967295);
  EXPECT_EQ(ShortOutcome(outcome), "exited with code 4294967295");
}

TEST(OutcomeTextTest, TheWorstOutcomeIsTheExitCode) {
  EXPECT_EQ(ExitCodeOf(ViewOf({v1::HOST_STATE_SUCCEEDED})), 0);
  EXPECT_EQ(ExitCodeOf(ViewOf({v1::HOST_STATE_SUCCEEDED, v1::HOST_STATE_EXITED_NONZERO})), 1);
  EXPECT_EQ(ExitCodeOf(ViewOf({v1::HOST_STATE_SIGNALED, v1::HOST_STATE_UNREACHABLE})), 3);
  EXPECT_EQ(ExitCodeOf(ViewOf({v1::HOST_STATE_UNREACHABLE, v1::HOST_STATE_OUTCOME_UNKNOWN,
                               v1::HOST_STATE_EXITED_NONZERO})),
            5);
  for (const auto state : {v1::HOST_STATE_THROTTLED, v1::HOST_STATE_HOST_KEY_REJECTED,
                           v1::HOST_STATE_AUTHENTICATION_FAILED, v1::HOST_STATE_CONNECT_TIMEOUT}) {
    EXPECT_EQ(ExitCodeOf(ViewOf({state})), 3) << v1::HostState_Name(state);
  }
  for (const auto state : {v1::HOST_STATE_COMMAND_TIMEOUT, v1::HOST_STATE_IDLE_TIMEOUT}) {
    EXPECT_EQ(ExitCodeOf(ViewOf({state})), 1) << v1::HostState_Name(state);
  }
}

TEST(OutcomeTextTest, SaysWhoTurnedUsAway) {
  v1::HostOutcome outcome;
  outcome.set_state(v1::HOST_STATE_THROTTLED);
  EXPECT_EQ(ShortOutcome(outcome), "turned away by the server (too many logins at once)");
  outcome.set_cause(v1::CAUSE_PENALIZED);
  EXPECT_EQ(ShortOutcome(outcome), "turned away by the server (it penalizes this address)");
  outcome.set_state(v1::HOST_STATE_UNREACHABLE);
  outcome.set_cause(v1::CAUSE_FORWARDING_REFUSED);
  EXPECT_EQ(ShortOutcome(outcome), "unreachable (a jump host does not forward)");
}

TEST(OutcomeTextTest, ACallThatFailsHasItsOwnExitCodes) {
  EXPECT_EQ(ExitCodeOf(absl::InvalidArgumentError(""), false), kUsage);
  EXPECT_EQ(ExitCodeOf(absl::PermissionDeniedError(""), false), kDenied);
  EXPECT_EQ(ExitCodeOf(absl::UnauthenticatedError(""), false), kDenied);
  // The run goes on, or not: nobody can tell.
  EXPECT_EQ(ExitCodeOf(absl::UnavailableError(""), true), kUnknownOutcome);
}

TEST(OutcomeTextTest, TheSummaryNamesEachHostThatDidNotSucceedAndWhy) {
  RunView view;
  view.Apply(HostsAdded(6));
  view.Apply(Finished(0, v1::HOST_STATE_SUCCEEDED));
  for (const uint32_t host : {1, 2, 3}) {
    view.Apply(Finished(host, v1::HOST_STATE_EXITED_NONZERO, "", 4));
  }
  view.Apply(Finished(4, v1::HOST_STATE_UNREACHABLE, "no route"));
  view.Apply(Finished(5, v1::HOST_STATE_OUTCOME_UNKNOWN, "lost"));
  const std::string summary = SummaryOf(view, absl::Seconds(1.25), 0);
  EXPECT_THAT(summary, HasSubstr("6 hosts: 1 succeeded, 5 did not"));
  EXPECT_THAT(summary, HasSubstr("web[2-4] (3): exited with code 4"));
  EXPECT_THAT(summary, HasSubstr("web5"));
  EXPECT_THAT(summary, HasSubstr("no route"));
  EXPECT_THAT(summary, HasSubstr("web6"));
  EXPECT_THAT(summary, Not(HasSubstr("web1")));
}

v1::Run EndedRun(v1::RunState state) {
  v1::Run run;
  run.set_id("1m8");
  run.set_state(state);
  run.set_message("the run was canceled.");
  run.mutable_create_time()->set_seconds(100);
  run.mutable_end_time()->set_seconds(107);
  return run;
}

TEST(OutcomeTextTest, TheSummaryTellsTheRunsOwnLengthAndHowToGoOn) {
  RunView view;
  view.Apply(HostsAdded(2));
  view.SetRun(EndedRun(v1::RUN_STATE_SUCCEEDED));
  view.Apply(Finished(0, v1::HOST_STATE_SUCCEEDED));
  view.Apply(Finished(1, v1::HOST_STATE_SUCCEEDED));
  EXPECT_EQ(SummaryOf(view, absl::ZeroDuration(), 0), "2 hosts: 2 succeeded, in 7.0 s (run 1m8)\n");
  view.SetRun(EndedRun(v1::RUN_STATE_FAILED));
  EXPECT_THAT(SummaryOf(view, absl::ZeroDuration(), 0), HasSubstr("muster rerun 1m8\n"));
  v1::Run running;
  running.set_id("1m8");
  running.set_state(v1::RUN_STATE_RUNNING);
  view.SetRun(running);
  EXPECT_THAT(SummaryOf(view, absl::Seconds(3), 0),
              AllOf(HasSubstr("in 3.0 s"), HasSubstr("muster watch 1m8")));
}

TEST(OutcomeTextTest, WhatMayHaveRunIsNotOfferedToRunAgainByTheWay) {
  RunView view;
  view.Apply(HostsAdded(2));
  view.SetRun(EndedRun(v1::RUN_STATE_FAILED));
  view.Apply(Finished(0, v1::HOST_STATE_EXITED_NONZERO, "", 1));
  view.Apply(Finished(1, v1::HOST_STATE_OUTCOME_UNKNOWN));
  EXPECT_THAT(SummaryOf(view, absl::ZeroDuration(), 0),
              HasSubstr("muster rerun 1m8 --failed --unreached --not-started, and --unknown where "
                        "the command may run a second time\n"));
}

TEST(OutcomeTextTest, LogsAreOfferedWhereThereAreSome) {
  RunView view;
  view.Apply(HostsAdded(2));
  view.SetRun(EndedRun(v1::RUN_STATE_FAILED));
  v1::Event output;
  output.mutable_output()->set_host_index(0);
  output.mutable_output()->set_data("hi\n");
  view.Apply(output);
  view.Apply(Finished(0, v1::HOST_STATE_SUCCEEDED));
  view.Apply(Finished(1, v1::HOST_STATE_EXITED_NONZERO, "", 1));
  EXPECT_THAT(SummaryOf(view, absl::ZeroDuration(), 0), Not(HasSubstr("muster logs")));
  output.mutable_output()->set_host_index(1);
  view.Apply(output);
  EXPECT_THAT(SummaryOf(view, absl::ZeroDuration(), 0),
              HasSubstr("; what they wrote: muster logs"));
}

TEST(OutcomeTextTest, ThatAHostHasWrittenIsKnownWithoutItsLines) {
  v1::HostResult result;
  result.mutable_host()->set_name("web1");
  result.set_state(v1::HOST_STATE_EXITED_NONZERO);
  result.mutable_outcome()->set_state(v1::HOST_STATE_EXITED_NONZERO);
  RunView silent;
  silent.SetResult(result);
  EXPECT_FALSE(silent.failures_wrote());
  result.set_stderr_bytes(3);
  RunView told;
  told.SetResult(result);
  EXPECT_TRUE(told.failures_wrote());
  v1::OutputGroup group;
  group.add_hosts();  // the first
  group.set_stdout_bytes(3);
  group.mutable_outcome()->set_state(v1::HOST_STATE_EXITED_NONZERO);
  RunView folded;
  folded.Apply(HostsAdded(1));
  folded.Apply(group);
  EXPECT_TRUE(folded.failures_wrote());
}

TEST(OutcomeTextTest, WhatWasGivenInputIsNotOfferedToRunAgain) {
  RunView view;
  v1::Run run;
  run.set_id("1m8");
  run.set_state(v1::RUN_STATE_FAILED);
  run.set_host_count(1);
  run.mutable_spec()->set_input(v1::RUN_INPUT_STREAM);
  view.SetRun(run);
  v1::Event event;
  event.mutable_host_finished()->mutable_outcome()->set_state(v1::HOST_STATE_EXITED_NONZERO);
  view.Apply(event);
  EXPECT_THAT(SummaryOf(view, absl::ZeroDuration(), 0), Not(HasSubstr("rerun")));
  // An artifact is kept.
  run.mutable_spec()->set_input(v1::RUN_INPUT_ARTIFACT);
  view.SetRun(run);
  EXPECT_THAT(SummaryOf(view, absl::ZeroDuration(), 0), HasSubstr("muster rerun 1m8"));
}

// A group's outcome comes with its first message only.
TEST(OutcomeTextTest, HostsThatJoinAGroupLaterEndedAsItDid) {
  RunView view;
  view.Apply(HostsAdded(3));
  v1::OutputGroup group;
  group.set_group(1);
  group.add_hosts();
  group.mutable_outcome()->set_state(v1::HOST_STATE_EXITED_NONZERO);
  view.Apply(group);
  v1::OutputGroup more;
  more.set_group(1);
  more.add_hosts()->set_first(1);
  more.mutable_hosts(0)->set_last(2);
  view.Apply(more);
  EXPECT_EQ(view.CountOf(v1::HOST_STATE_EXITED_NONZERO), 3u);
  EXPECT_EQ(view.failures().size(), 3u);
}

// Of a newer daemon.
TEST(OutcomeTextTest, AStateThatIsNotKnownCountsByItsNumber) {
  RunView view;
  view.Apply(HostsAdded(2));
  v1::Event event;
  event.mutable_host_finished()->mutable_outcome()->set_state(static_cast<v1::HostState>(99));
  view.Apply(event);
  EXPECT_EQ(view.done(), 1u);
  EXPECT_EQ(view.failed(), 1u);
  EXPECT_EQ(StateName(static_cast<v1::HostState>(99)), "state_99");
}

TEST(OutcomeTextTest, TheSummaryNamesHostsWhoseProbeFailed) {
  RunView view;
  view.Apply(HostsAdded(2));
  for (uint32_t host = 0; host < 2; ++host) {
    v1::Event event;
    event.mutable_host_finished()->set_host_index(host);
    event.mutable_host_finished()->mutable_outcome()->set_state(v1::HOST_STATE_SUCCEEDED);
    view.Apply(event);
    event.mutable_probe_finished()->set_host_index(host);
    v1::HostOutcome* const probe = event.mutable_probe_finished()->mutable_outcome();
    probe->set_state(host == 0 ? v1::HOST_STATE_SUCCEEDED : v1::HOST_STATE_EXITED_NONZERO);
    probe->set_exit_code(host == 0 ? 0 : 7);
    view.Apply(event);
    view.Apply(event);  // a watch that goes on may tell it twice
  }
  const std::string text = SummaryOf(view, absl::Seconds(1), 0);
  EXPECT_THAT(text, HasSubstr("2 hosts: 2 succeeded, the probe failed on 1, in"));
  EXPECT_THAT(text, HasSubstr("succeeded; its probe: exited with code 7"));
}

// Whatever comes next.
TEST(OutcomeTextTest, EveryEndHasItsWords) {
  const google::protobuf::EnumDescriptor& states = *v1::HostState_descriptor();
  for (int i = 0; i < states.value_count(); ++i) {
    v1::HostOutcome outcome;
    outcome.set_state(static_cast<v1::HostState>(states.value(i)->number()));
    if (!IsTerminal(outcome.state())) continue;
    EXPECT_NE(ShortOutcome(outcome).substr(0, 6), "state ") << states.value(i)->name();
  }
}

// With every state that may have one.
TEST(OutcomeTextTest, EveryCauseHasItsWords) {
  const google::protobuf::EnumDescriptor& causes = *v1::Cause_descriptor();
  for (int state = v1::HOST_STATE_UNREACHABLE; state <= v1::HostState_MAX; ++state) {
    v1::HostOutcome outcome;
    outcome.set_state(static_cast<v1::HostState>(state));
    const std::string without = ShortOutcome(outcome);
    for (int i = 0; i < causes.value_count(); ++i) {
      outcome.set_cause(static_cast<v1::Cause>(causes.value(i)->number()));
      // Of an unknown outcome, which says it all.
      const bool wordless =
          outcome.cause() == v1::CAUSE_UNSPECIFIED || outcome.cause() == v1::CAUSE_CONNECTION_LOST;
      EXPECT_EQ(ShortOutcome(outcome) == without, wordless) << state << causes.value(i)->name();
    }
  }
}

TEST(OutcomeTextTest, MessagesAreToldOnceWithTheirHosts) {
  RunView view;
  view.Apply(HostsAdded(9));
  view.SetRun(EndedRun(v1::RUN_STATE_CANCELED));
  for (const uint32_t host : {0, 1, 2}) {
    view.Apply(Finished(host, v1::HOST_STATE_UNREACHABLE, "nobody listens"));
  }
  view.Apply(Finished(3, v1::HOST_STATE_UNREACHABLE, "no route to it"));
  for (const uint32_t host : {4, 5}) {
    view.Apply(Finished(host, v1::HOST_STATE_NOT_STARTED, "the run was canceled."));
  }
  const std::string summary = SummaryOf(view, absl::ZeroDuration(), 0);
  EXPECT_THAT(summary, HasSubstr("  web[1-4] (4): unreachable\n      web4: no route to it\n"
                                 "      web[1-3]: nobody listens\n"));
  EXPECT_THAT(summary, HasSubstr("  web[5-6] (2): not started\n  web"));  // the run has said why
}

TEST(OutcomeTextTest, AMessageIsToldWhereTheWordsDoNotSayAll) {
  v1::HostOutcome outcome;
  outcome.set_message("it said\n");
  outcome.set_state(v1::HOST_STATE_UNREACHABLE);
  EXPECT_EQ(MessageBeside(outcome), "it said^J");
  for (const v1::HostState state : {v1::HOST_STATE_EXITED_NONZERO, v1::HOST_STATE_SIGNALED}) {
    outcome.set_state(state);
    EXPECT_EQ(MessageBeside(outcome), "") << state;
  }
}

TEST(OutcomeTextTest, ASignalsNameIsVisible) {
  v1::HostOutcome outcome;
  outcome.set_state(v1::HOST_STATE_SIGNALED);
  outcome.set_signal("K\xc2\x9b\n");
  EXPECT_EQ(ShortOutcome(outcome), "ended by signal K<U+009B>^J");
}

}  // namespace
}  // namespace muster::client
