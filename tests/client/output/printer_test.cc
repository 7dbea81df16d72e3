#include "client/output/printer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "absl/time/time.h"

namespace muster::client {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class PrinterTest : public ::testing::Test {
 protected:
  PrinterTest() {
    v1::Event hosts;
    for (const char* name : {"web1", "web2", "web3"}) {
      hosts.mutable_hosts_added()->add_hosts()->set_name(name);
    }
    first_.push_back(hosts);
  }
  static v1::Event Output(uint32_t host, const std::string& data,
                          v1::OutputStream stream = v1::OUTPUT_STREAM_STDOUT) {
    v1::Event event;
    event.mutable_output()->set_host_index(host);
    event.mutable_output()->set_stream(stream);
    event.mutable_output()->set_data(data);
    event.mutable_output()->set_unterminated(data.back() != '\n');
    return event;
  }
  static v1::Event Split(uint32_t host, const std::string& data) {
    v1::Event event = Output(host, data);
    event.mutable_output()->set_unterminated(false);
    event.mutable_output()->set_split(true);
    return event;
  }
  static v1::Event Finished(uint32_t host, v1::HostState state, int code = 0) {
    v1::Event event;
    event.mutable_host_finished()->set_host_index(host);
    event.mutable_host_finished()->mutable_outcome()->set_state(state);
    event.mutable_host_finished()->mutable_outcome()->set_exit_code(code);
    return event;
  }
  using Maker = std::function<std::unique_ptr<Printer>(OutputWriter*)>;
  static Maker Lines(const LineFormat& format = {}) {
    return [format](OutputWriter* writer) { return NewLinePrinter(writer, format); };
  }
  static std::unique_ptr<Printer> Folded(OutputWriter* writer) {
    return NewFoldPrinter(writer, false);
  }
  // What comes to standard output and standard error.
  std::pair<std::string, std::string> Print(const Maker& make,
                                            const std::vector<v1::Event>& events) {
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    {
      OutputWriter writer;
      RunView view;
      const auto printer = make(&writer);
      std::vector<v1::Event> all = first_;
      all.insert(all.end(), events.begin(), events.end());
      for (const v1::Event& event : all) {
        view.Apply(event);
        printer->OnEvent(event, view);
      }
      printer->OnEnd(view);
      writer.Flush();
    }
    const std::string out = ::testing::internal::GetCapturedStdout();
    return {out, ::testing::internal::GetCapturedStderr()};
  }

  std::vector<v1::Event> first_;
};

TEST_F(PrinterTest, EachLineHasItsHost) {
  const auto printed = Print(Lines(), {Output(0, "a\nb\n"), Output(1, "c\n"),
                                       Output(0, "oops\n", v1::OUTPUT_STREAM_STDERR)});
  EXPECT_EQ(printed.first, "web1: a\nweb1: b\nweb2: c\n");
  EXPECT_EQ(printed.second, "web1 [err]: oops\n");
}

// A daemon's word for a host's name.
TEST_F(PrinterTest, NamesAreVisibleAlsoInAPipe) {
  first_[0].mutable_hosts_added()->mutable_hosts(0)->set_name("w\xc2\x9b\nweb2: no\xe2\x80\xae");
  const std::string name = "w<U+009B>^Jweb2: no<U+202E>";
  EXPECT_EQ(Print(Lines(), {Output(0, "a\n")}).first, name + ": a\n");
  EXPECT_THAT(Print(Folded, {Output(0, "a\n"), Finished(0, v1::HOST_STATE_SUCCEEDED)}).first,
              HasSubstr(name + " (1 host)"));
  v1::Event probe;
  probe.mutable_probe_finished()->mutable_outcome()->set_state(v1::HOST_STATE_UNREACHABLE);
  EXPECT_EQ(Print(NewNoticePrinter, {probe}).second, name + ": muster: probe unreachable\n");
}

TEST_F(PrinterTest, NoLineOfAProbePassesForOneOfOurs) {
  v1::Event probe;
  probe.mutable_probe_finished()->mutable_outcome()->set_state(v1::HOST_STATE_EXITED_NONZERO);
  probe.mutable_probe_finished()->set_output("one\nmuster: all is well\n");
  EXPECT_EQ(Print(NewNoticePrinter, {probe}).second,
            "web1: muster: probe exited with code 0\n    one\n    muster: all is well\n");
}

TEST_F(PrinterTest, ALineWithoutAnEndGetsOne) {
  EXPECT_EQ(Print(Lines(), {Output(0, "a"), Output(1, "b\n")}).first, "web1: a\nweb2: b\n");
}

TEST_F(PrinterTest, APieceOfALineWaitsForItsRest) {
  EXPECT_EQ(
      Print(Lines(), {Split(0, "long "), Output(1, "between\n"), Output(0, "line\nnext\n")}).first,
      "web2: between\nweb1: long line\nweb1: next\n");
}

TEST_F(PrinterTest, APieceWhoseRestNeverCameIsShownAtTheEnd) {
  EXPECT_EQ(Print(Lines(), {Split(0, "cut off")}).first, "web1: cut off\n");
}

TEST_F(PrinterTest, APieceWhoseHostHasEndedIsShownThen) {
  EXPECT_EQ(Print(Lines(), {Split(0, "a"), Finished(0, v1::HOST_STATE_SUCCEEDED), Output(1, "b\n")})
                .first,
            "web1: a\nweb2: b\n");
}

TEST_F(PrinterTest, InAPipePartsAreJoined) {
  LineFormat format;
  format.parts = true;
  EXPECT_EQ(Print(Lines(format), {Split(0, "1%\r"), Output(1, "b\n"), Output(0, "2%\n")}).first,
            "web2: b\nweb1: 1%\r2%\n");
}

TEST_F(PrinterTest, LinesAloneWithTheirTime) {
  LineFormat format;
  format.prefix = false;
  EXPECT_EQ(Print(Lines(format), {Output(0, "a\n"), Output(1, "b", v1::OUTPUT_STREAM_STDERR)}),
            std::make_pair(std::string("a\n"), std::string("b\n")));
  format.timestamps = true;
  v1::Event event = Output(0, "a\nb\n");
  event.mutable_time()->set_seconds(1'700'000'000);
  event.mutable_time()->set_nanos(12'000'000);
  const std::string time = absl::FormatTime(
      "%Y-%m-%d %H:%M:%S.012 ", absl::FromUnixSeconds(1'700'000'000), absl::LocalTimeZone());
  EXPECT_EQ(Print(Lines(format), {event}).first, time + "a\n" + time + "b\n");
  format.prefix = true;
  EXPECT_EQ(Print(Lines(format), {event}).first, time + "web1: a\n" + time + "web1: b\n");
}

TEST_F(PrinterTest, SortedLinesComeHostByHost) {
  LineFormat format;
  format.sorted = true;
  const auto printed =
      Print(Lines(format), {Output(2, "x\n"), Output(0, "1\n"), Output(2, "y\n"), Output(0, "2"),
                            Output(1, "e\n", v1::OUTPUT_STREAM_STDERR)});
  EXPECT_EQ(printed.first, "web1: 1\nweb1: 2\nweb3: x\nweb3: y\n");
  EXPECT_EQ(printed.second, "web2 [err]: e\n");
}

TEST_F(PrinterTest, JsonHasAHostAndTextInEachLine) {
  v1::Event event = Output(1, "a \"b\"\n\xff\nc");
  event.set_sequence(7);
  event.mutable_time()->set_seconds(1'700'000'000);
  const std::string head =
      "{\"sequence\":\"7\",\"time\":\"2023-11-14T22:13:20.000000Z\",\"host\":\"web2\",\"output\":{"
      "\"hostIndex\":1,\"stream\":\"OUTPUT_STREAM_STDOUT\",";
  const std::string whole = ",\"unterminated\":false,\"split\":false}}\n";
  EXPECT_THAT(
      Print(NewJsonPrinter, {event, Finished(2, v1::HOST_STATE_EXITED_NONZERO, 3)}).first,
      AllOf(HasSubstr(head + "\"text\":\"a \\\"b\\\"\"" + whole + head + "\"bytes\":\"/w==\"" +
                      whole + head + "\"text\":\"c\",\"unterminated\":true,\"split\":false}}\n"),
            HasSubstr("\"host\":\"web3\",\"hostFinished\":{\"hostIndex\":2,"
                      "\"outcome\":{")));
}

TEST_F(PrinterTest, ARunsMessageIsToldOnce) {
  v1::Event stopping;
  stopping.mutable_run_state()->set_state(v1::RUN_STATE_STOPPING);
  stopping.mutable_run_state()->set_message("the run was canceled.");
  v1::Event ended = stopping;
  ended.mutable_run_state()->set_state(v1::RUN_STATE_CANCELED);
  EXPECT_EQ(Print(NewNoticePrinter, {stopping, ended}).second, "muster: the run was canceled.\n");
}

TEST_F(PrinterTest, FoldsIdenticalOutputsWithIdenticalOutcomes) {
  const auto printed =
      Print(Folded, {Output(0, "same\n"), Output(1, "sa"), Output(2, "same\n"),
                     Finished(0, v1::HOST_STATE_SUCCEEDED), Output(1, "me\n"),
                     Finished(2, v1::HOST_STATE_SUCCEEDED), Finished(1, v1::HOST_STATE_SUCCEEDED)});
  EXPECT_THAT(printed.first, HasSubstr("web[1-3]"));
  EXPECT_THAT(printed.first, HasSubstr("\nsame\n"));
}

TEST_F(PrinterTest, TheSameOutputWithAnotherOutcomeStandsAlone) {
  const auto printed =
      Print(Folded, {Output(0, "x\n"), Output(1, "x\n"), Output(2, "x\n"),
                     Finished(0, v1::HOST_STATE_SUCCEEDED), Finished(1, v1::HOST_STATE_SUCCEEDED),
                     Finished(2, v1::HOST_STATE_EXITED_NONZERO, 2)});
  EXPECT_THAT(printed.first, HasSubstr("web[1-2] (2 hosts): succeeded"));
  EXPECT_THAT(printed.first, HasSubstr("web3 (1 host): exited with code 2"));
}

TEST_F(PrinterTest, GroupsAreFoldedAsTheDaemonDid) {
  ::testing::internal::CaptureStdout();
  {
    OutputWriter writer;
    RunView view;
    view.Apply(first_[0]);
    const auto printer = NewFoldPrinter(&writer, false);
    v1::OutputGroup group;
    group.set_group(1);
    group.mutable_outcome()->set_state(v1::HOST_STATE_SUCCEEDED);
    group.set_stdout("same\n");
    group.add_hosts()->set_first(0);
    printer->OnGroup(group, view);
    printer->OnGroupsLost();  // and then all again
    printer->OnGroup(group, view);
    v1::OutputGroup more;
    more.set_group(1);
    more.add_hosts()->set_first(1);
    more.mutable_hosts(0)->set_last(2);
    printer->OnGroup(more, view);
    printer->OnEnd(view);
  }
  EXPECT_EQ(::testing::internal::GetCapturedStdout(),
            "== web[1-3] (3 hosts): succeeded ==\nsame\n");
}

TEST_F(PrinterTest, APausedRunSaysHowItGoesOn) {
  ::testing::internal::CaptureStderr();
  {
    OutputWriter writer;
    RunView view;
    v1::Run run;
    run.set_id("r1");
    view.SetRun(run);
    v1::Event paused;
    paused.mutable_run_state()->set_state(v1::RUN_STATE_PAUSED);
    NewNoticePrinter(&writer)->OnEvent(paused, view);
  }
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("muster resume r1"));
}

}  // namespace
}  // namespace muster::client
