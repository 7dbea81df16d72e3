#include "service/rollout/rollout.h"

#include <gtest/gtest.h>

#include <numeric>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace muster::service {
namespace {

using Past = RolloutPast::Host;

// Batches by their ends.
RolloutPlan Batches(std::vector<size_t> ends) {
  RolloutPlan plan;
  plan.order.resize(ends.back());
  std::iota(plan.order.begin(), plan.order.end(), 0);
  plan.batch_ends = std::move(ends);
  return plan;
}

RolloutPlan AtMost(uint32_t failures, RolloutPlan plan) {
  plan.max_failures = failures;
  return plan;
}

RolloutPlan Pausing(RolloutPlan plan) {
  plan.batch_pause = absl::Seconds(60);
  return plan;
}

RolloutPlan Confirming(RolloutPlan plan) {
  plan.confirm_batches = true;
  return plan;
}

RolloutPlan Probing(RolloutPlan plan) {
  plan.probe = true;
  return plan;
}

RolloutPlan Backwards(RolloutPlan plan) {
  std::reverse(plan.order.begin(), plan.order.end());
  return plan;
}

void AddHosts(const char* what, const std::vector<uint32_t>& hosts,
              std::vector<std::string>* parts) {
  if (!hosts.empty()) parts->push_back(absl::StrCat(what, " ", absl::StrJoin(hosts, " ")));
}

std::string Text(const RolloutActions& actions) {
  std::vector<std::string> parts;
  if (actions.running) parts.push_back(*actions.running ? "running" : "paused");
  if (actions.stop) parts.push_back("stop");
  const std::string& message = actions.why.message;
  if (!message.empty()) parts.push_back(absl::StrCat("\"", message, "\""));
  EXPECT_EQ(actions.why.reason == v1::RUN_REASON_UNSPECIFIED,
            !actions.stop && actions.running != absl::make_optional(false));
  AddHosts("not started", actions.not_started, &parts);
  if (actions.batch)
    parts.push_back(absl::StrCat("batch ", *actions.batch, " has ", actions.batch_hosts));
  AddHosts("start", actions.start, &parts);
  AddHosts("probe", actions.probe, &parts);
  if (actions.timer) parts.push_back(absl::StrCat("timer ", absl::FormatDuration(*actions.timer)));
  if (actions.over) parts.push_back("over");
  return absl::StrJoin(parts, ", ");
}

// "begin", "pause", "resume", "timer", "stop", or "ok", "bad", "well", "ill" and a host: the latter
// two are its probe's.
RolloutActions Tell(Rollout* rollout, const std::string& input) {
  const std::vector<std::string> words = absl::StrSplit(input, ' ');
  uint32_t host = 0;
  if (words.size() > 1 && !absl::SimpleAtoi(words[1], &host)) ADD_FAILURE() << input;
  if (words[0] == "begin") return rollout->Begin();
  if (words[0] == "pause") return rollout->Pause();
  if (words[0] == "resume") return rollout->Resume();
  if (words[0] == "timer") return rollout->TimerFired();
  if (words[0] == "stop")
    return rollout->Stop({v1::RUN_REASON_CANCEL_REQUESTED, "the run was canceled", ""});
  if (words[0] == "ok") return rollout->HostEnded(host, true);
  if (words[0] == "bad") return rollout->HostEnded(host, false);
  if (words[0] == "well") return rollout->ProbeEnded(host, true);
  if (words[0] == "ill") return rollout->ProbeEnded(host, false);
  ADD_FAILURE() << input;
  return {};
}

struct Case {
  const char* rule;
  RolloutPlan plan;
  RolloutPast past;
  std::vector<std::pair<const char*, const char*>> steps;  // what happens, what is to be done
};

void Check(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    Rollout rollout(c.plan, c.past);
    for (const auto& step : c.steps) {
      EXPECT_EQ(Text(Tell(&rollout, step.first)), step.second) << c.rule << ", at: " << step.first;
    }
  }
}

TEST(RolloutTest, Batches) {
  Check({
      {"all hosts are one batch, which is not told of",
       Batches({3}),
       {},
       {{"begin", "start 0 1 2"}, {"ok 1", ""}, {"bad 0", ""}, {"ok 2", "over"}}},
      {"a batch begins when every host of the one before has ended",
       Batches({1, 3, 4}),
       {},
       {{"begin", "batch 1 has 1, start 0"},
        {"ok 0", "batch 2 has 2, start 1 2"},
        {"bad 2", ""},
        {"ok 1", "batch 3 has 1, start 3"},
        {"ok 3", "over"}}},
      {"hosts are started in the plan's order",
       Backwards(Batches({2, 3})),
       {},
       {{"begin", "batch 1 has 2, start 2 1"}, {"ok 1", ""}, {"ok 2", "batch 2 has 1, start 0"}}},
      {"an end that is told twice counts once",
       Batches({2, 3}),
       {},
       {{"begin", "batch 1 has 2, start 0 1"}, {"ok 0", ""}, {"ok 0", ""}, {"bad 2", ""}}},
  });
}

TEST(RolloutTest, MaxFailures) {
  Check({
      {"no limit",
       Batches({1, 2}),
       {},
       {{"begin", "batch 1 has 1, start 0"},
        {"bad 0", "batch 2 has 1, start 1"},
        {"bad 1", "over"}}},
      {"as many as allowed do not stop the run",
       AtMost(1, Batches({2, 3})),
       {},
       {{"begin", "batch 1 has 2, start 0 1"}, {"bad 0", ""}, {"ok 1", "batch 2 has 1, start 2"}}},
      {"more do: those in flight finish, the rest are not started",
       AtMost(1, Batches({3, 5})),
       {},
       {{"begin", "batch 1 has 3, start 0 1 2"},
        {"bad 1", ""},
        {"bad 0",
         "stop, \"2 hosts have failed, more than the 1 that the run allows\", "
         "not started 3 4"},
        {"ok 2", "over"}}},
      {"none is allowed",
       AtMost(0, Batches({1, 2})),
       {},
       {{"begin", "batch 1 has 1, start 0"},
        {"bad 0", "stop, \"1 host has failed, and the run allows none\", not started 1, over"}}},
      {"within the only batch the engine ends those that wait",
       AtMost(0, Batches({3})),
       {},
       {{"begin", "start 0 1 2"},
        {"bad 0", "stop, \"1 host has failed, and the run allows none\""},
        {"bad 1", ""},
        {"bad 2", "over"}}},
      {"where all have ended there is nothing to stop",
       AtMost(0, Batches({1})),
       {},
       {{"begin", "start 0"}, {"bad 0", "over"}}},
  });
}

TEST(RolloutTest, BatchPause) {
  Check({
      {"the time between the end of a batch and the next, not after the last",
       Pausing(Batches({1, 2})),
       {},
       {{"begin", "batch 1 has 1, start 0"},
        {"ok 0", "timer 1m"},
        {"timer", "batch 2 has 1, start 1"},
        {"ok 1", "over"}}},
      {"a probe is part of the batch",
       Probing(Pausing(Batches({1, 2}))),
       {},
       {{"begin", "batch 1 has 1, start 0"},
        {"ok 0", "probe 0"},
        {"well 0", "timer 1m"},
        {"timer", "batch 2 has 1, start 1"}}},
      {"the time passes during a pause",
       Pausing(Batches({1, 2})),
       {},
       {{"begin", "batch 1 has 1, start 0"},
        {"ok 0", "timer 1m"},
        {"pause", "paused"},
        {"timer", ""},
        {"resume", "running, batch 2 has 1, start 1"}}},
      {"resuming does not cut it short",
       Pausing(Batches({1, 2})),
       {},
       {{"begin", "batch 1 has 1, start 0"},
        {"pause", "paused"},
        {"ok 0", "timer 1m"},
        {"resume", "running"},
        {"timer", "batch 2 has 1, start 1"}}},
      {"a run that is stopped meanwhile has no next batch",
       Pausing(Batches({1, 2})),
       {},
       {{"begin", "batch 1 has 1, start 0"},
        {"ok 0", "timer 1m"},
        {"stop", "stop, \"the run was canceled\", not started 1, over"},
        {"timer", ""}}},
  });
}

TEST(RolloutTest, ConfirmBatches) {
  const char* const kAsks =
      "paused, \"batch 1 of 2 has ended; the next begins when the run is resumed\"";
  Check({
      {"after each batch but the last, the run is paused",
       Confirming(Batches({1, 2})),
       {},
       {{"begin", "batch 1 has 1, start 0"},
        {"ok 0", kAsks},
        {"pause", ""},
        {"resume", "running, batch 2 has 1, start 1"},
        {"resume", ""},
        {"ok 1", "over"}}},
      {"the probe comes before",
       Probing(Confirming(Batches({1, 2}))),
       {},
       {{"begin", "batch 1 has 1, start 0"}, {"ok 0", "probe 0"}, {"well 0", kAsks}}},
      {"a pause that has come before is lifted by the same resume",
       Confirming(Batches({1, 2})),
       {},
       {{"begin", "batch 1 has 1, start 0"},
        {"pause", "paused"},
        {"ok 0", ""},
        {"resume", "running, batch 2 has 1, start 1"}}},
      {"resuming before the end of the batch does not count",
       Confirming(Batches({1, 2})),
       {},
       {{"begin", "batch 1 has 1, start 0"}, {"resume", ""}, {"ok 0", kAsks}}},
      {"with batch_pause both are waited for",
       Pausing(Confirming(Batches({1, 2}))),
       {},
       {{"begin", "batch 1 has 1, start 0"},
        {"ok 0",
         "paused, \"batch 1 of 2 has ended; the next begins when the run is resumed\", "
         "timer 1m"},
        {"resume", "running"},
        {"timer", "batch 2 has 1, start 1"}}},
  });
}

TEST(RolloutTest, Probe) {
  Check({
      {"on each host of a batch that succeeded, not after the last batch",
       Probing(Batches({3, 4})),
       {},
       {{"begin", "batch 1 has 3, start 0 1 2"},
        {"ok 2", ""},
        {"bad 1", ""},
        {"ok 0", "probe 2 0"},
        {"well 0", ""},
        {"well 2", "batch 2 has 1, start 3"},
        {"ok 3", "over"}}},
      {"where none succeeded there is nothing to probe",
       Probing(Batches({1, 2})),
       {},
       {{"begin", "batch 1 has 1, start 0"}, {"bad 0", "batch 2 has 1, start 1"}}},
      {"a failed probe is a failure",
       AtMost(1, Probing(Batches({3, 4}))),
       {},
       {{"begin", "batch 1 has 3, start 0 1 2"},
        {"bad 0", ""},
        {"ok 1", ""},
        {"ok 2", "probe 1 2"},
        {"ill 1",
         "stop, \"2 hosts have failed, more than the 1 that the run allows\", "
         "not started 3"},
        {"well 2", "over"}}},
      {"none begins once the run is stopped",
       Probing(Batches({2, 3})),
       {},
       {{"begin", "batch 1 has 2, start 0 1"},
        {"ok 0", ""},
        {"stop", "stop, \"the run was canceled\", not started 2"},
        {"ok 1", "over"}}},
      {"none begins while the run is paused",
       Probing(Batches({1, 2})),
       {},
       {{"begin", "batch 1 has 1, start 0"},
        {"pause", "paused"},
        {"ok 0", ""},
        {"resume", "running, probe 0"},
        {"pause", "paused"},
        {"resume", "running"},
        {"pause", "paused"},
        {"well 0", ""},
        {"resume", "running, batch 2 has 1, start 1"}}},
  });
}

TEST(RolloutTest, PauseAndResume) {
  Check({
      {"no batch begins until the run is resumed",
       Batches({1, 2}),
       {},
       {{"begin", "batch 1 has 1, start 0"},
        {"pause", "paused"},
        {"pause", ""},
        {"ok 0", ""},
        {"resume", "running, batch 2 has 1, start 1"}}},
      {"a run whose last host ends is over also while it is paused",
       Batches({1}),
       {},
       {{"begin", "start 0"},
        {"pause", "paused"},
        {"ok 0", "over"},
        {"resume", ""},
        {"pause", ""}}},
      {"too many failures end a pause",
       AtMost(0, Batches({2, 3})),
       {},
       {{"begin", "batch 1 has 2, start 0 1"},
        {"pause", "paused"},
        {"bad 0", "stop, \"1 host has failed, and the run allows none\", not started 2"},
        {"resume", ""},
        {"pause", ""},
        {"ok 1", "over"}}},
  });
}

TEST(RolloutTest, Stop) {
  Check({
      {"those in flight finish, the rest are not started",
       Batches({2, 4}),
       {},
       {{"begin", "batch 1 has 2, start 0 1"},
        {"stop", "stop, \"the run was canceled\", not started 2 3"},
        {"stop", ""},
        {"ok 0", ""},
        {"bad 1", "over"},
        {"stop", ""}}},
      {"the first reason stays",
       AtMost(0, Batches({2})),
       {},
       {{"begin", "start 0 1"},
        {"stop", "stop, \"the run was canceled\""},
        {"bad 0", ""},
        {"bad 1", "over"}}},
      {"probes under way finish",
       Probing(Batches({1, 2})),
       {},
       {{"begin", "batch 1 has 1, start 0"},
        {"ok 0", "probe 0"},
        {"stop", "stop, \"the run was canceled\", not started 1"},
        {"ill 0", "over"}}},
  });
}

TEST(RolloutTest, ContinuesWithTheHostsThatWereNeverStarted) {
  Check({
      {"within the batch that had begun",
       Batches({1, 3, 4}),
       {{Past::kSucceeded, Past::kFailed, Past::kWaiting, Past::kWaiting}, 2},
       {{"begin", "start 2"}, {"ok 2", "batch 3 has 1, start 3"}, {"ok 3", "over"}}},
      {"a batch that had not been told of is",
       Batches({1, 3}),
       {{Past::kSucceeded, Past::kFailed, Past::kWaiting}, 1},
       {{"begin", "batch 2 has 2, start 2"}, {"ok 2", "over"}}},
      {"a batch that had been told of, of which no host was started",
       Batches({1, 2}),
       {{Past::kSucceeded, Past::kWaiting}, 2},
       {{"begin", "start 1"}}},
      {"those of earlier batches, too",
       Batches({2, 3, 4}),
       {{Past::kSucceeded, Past::kWaiting, Past::kSucceeded, Past::kWaiting}, 2},
       {{"begin", "start 1"}, {"ok 1", "batch 3 has 1, start 3"}}},
      {"all of them",
       Batches({1, 2}),
       {{Past::kWaiting, Past::kWaiting}, 0},
       {{"begin", "batch 1 has 1, start 0"}}},
      {"none", Batches({1, 2}), {{Past::kSucceeded, Past::kFailed}, 2}, {{"begin", "over"}}},
      {"in the plan's order",
       Backwards(Batches({1, 3})),
       {{Past::kWaiting, Past::kWaiting, Past::kSucceeded}, 1},
       {{"begin", "batch 2 has 2, start 1 0"}}},
  });
}

TEST(RolloutTest, ContinuesBetweenTwoBatches) {
  Check({
      {"batch_pause begins anew",
       Pausing(Batches({1, 2})),
       {{Past::kSucceeded, Past::kWaiting}, 1},
       {{"begin", "timer 1m"}, {"timer", "batch 2 has 1, start 1"}}},
      {"and asks anew",
       Confirming(Batches({1, 2})),
       {{Past::kSucceeded, Past::kWaiting}, 1},
       {{"begin", "paused, \"batch 1 of 2 has ended; the next begins when the run is resumed\""},
        {"resume", "running, batch 2 has 1, start 1"}}},
      {"probes without a result are run again, those of earlier batches are not",
       Probing(Batches({1, 4, 5})),
       {{Past::kSucceeded, Past::kSucceeded, Past::kProbed, Past::kFailed, Past::kWaiting}, 2},
       {{"begin", "probe 1"}, {"well 1", "batch 3 has 1, start 4"}}},
      {"also after the hosts that were left",
       Probing(Batches({3, 4})),
       {{Past::kSucceeded, Past::kProbed, Past::kWaiting, Past::kWaiting}, 1},
       {{"begin", "start 2"}, {"ok 2", "probe 0 2"}}},
  });
}

TEST(RolloutTest, ContinuesAsItWasLeft) {
  Check({
      {"failures of before count",
       AtMost(1, Batches({2, 3})),
       {{Past::kFailed, Past::kWaiting, Past::kWaiting}, 1},
       {{"begin", "start 1"},
        {"bad 1",
         "stop, \"2 hosts have failed, more than the 1 that the run allows\", "
         "not started 2, over"}}},
      {"too many before",
       AtMost(0, Batches({2, 3})),
       {{Past::kFailed, Past::kWaiting, Past::kWaiting}, 1},
       {{"begin", "stop, \"1 host has failed, and the run allows none\", not started 1 2, over"}}},
      {"paused before it begins",
       Batches({2}),
       {{Past::kSucceeded, Past::kWaiting}, 0},
       {{"pause", "paused"}, {"begin", ""}, {"resume", "running, start 1"}}},
      {"stopped before it begins",
       Batches({2}),
       {{Past::kSucceeded, Past::kWaiting}, 0},
       {{"stop", "stop, \"the run was canceled\", not started 1, over"}, {"begin", ""}}},
  });
}

TEST(RolloutTest, KnowsItsBatch) {
  Rollout rollout(Batches({1, 2, 3}), {});
  EXPECT_EQ(rollout.batch(), 0u);
  EXPECT_EQ(rollout.batch_count(), 3u);
  (void)rollout.Begin();
  EXPECT_EQ(rollout.batch(), 1u);
  (void)rollout.HostEnded(0, false);
  EXPECT_EQ(rollout.batch(), 2u);
  EXPECT_EQ(rollout.failures(), 1u);
}

TEST(RolloutTest, AHundredThousandHostsOneByOne) {
  constexpr uint32_t kHosts = 100'000;
  std::vector<size_t> ends(kHosts);
  std::iota(ends.begin(), ends.end(), 1);
  Rollout rollout(Batches(std::move(ends)));
  RolloutActions actions = rollout.Begin();
  for (uint32_t host = 0; host < kHosts; ++host) {
    ASSERT_EQ(actions.start, std::vector<uint32_t>{host});
    actions = rollout.HostEnded(host, true);
  }
  EXPECT_TRUE(actions.over);
}

}  // namespace
}  // namespace muster::service
