// --junit.
#include "client/output/junit_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "client/text/xml_text.h"

namespace muster::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(XmlTextTest, HoldsAnyBytes) {
  EXPECT_EQ(XmlText("a<b>&\"c\"\n\td"), "a&lt;b&gt;&amp;&quot;c&quot;\n\td");
  EXPECT_EQ(XmlText(std::string("\0\x1b\xff", 3)), "^@^[&lt;FF&gt;");
  EXPECT_EQ(XmlText("\xef\xbf\xbf]]>"), "&lt;U+FFFF&gt;]]&gt;");
  EXPECT_EQ(XmlText("Grüße"), "Grüße");
}

class JunitReportTest : public ::testing::Test {
 protected:
  JunitReportTest() : path_(::testing::TempDir() + "/report.xml"), report_(path_) {
    v1::Event hosts;
    for (const char* name : {"web1", "web2", "web3", "web4"}) {
      hosts.mutable_hosts_added()->add_hosts()->set_name(name);
    }
    Show(hosts);
    v1::Run run;
    run.set_id("r1");
    run.set_host_count(4);
    run.mutable_spec()->mutable_command()->set_shell("test <me>");
    view_.SetRun(run);
  }
  void Show(const v1::Event& event) {
    view_.Apply(event);
    report_.OnEvent(event, view_);
  }
  void Output(uint32_t host, const std::string& data) {
    v1::Event event;
    event.mutable_output()->set_host_index(host);
    event.mutable_output()->set_stream(v1::OUTPUT_STREAM_STDOUT);
    event.mutable_output()->set_data(data);
    Show(event);
  }
  void Finish(uint32_t host, v1::HostState state) {
    v1::Event event;
    event.mutable_host_finished()->set_host_index(host);
    event.mutable_host_finished()->mutable_outcome()->set_state(state);
    event.mutable_host_finished()->mutable_outcome()->set_exit_code(3);
    Show(event);
  }
  std::string Written() {
    std::stringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }
  const std::string path_;
  JunitReport report_;
  RunView view_;
};

TEST_F(JunitReportTest, ACaseForEachHost) {
  Finish(0, v1::HOST_STATE_SUCCEEDED);
  Output(1, "bad <thing>\n");
  Finish(1, v1::HOST_STATE_EXITED_NONZERO);
  Finish(2, v1::HOST_STATE_UNREACHABLE);
  report_.OnEnd(view_);
  EXPECT_TRUE(report_.status().ok());
  const std::string text = Written();
  EXPECT_THAT(text, HasSubstr("tests=\"4\" failures=\"1\" errors=\"2\" skipped=\"0\""));
  EXPECT_THAT(text, HasSubstr("<testsuite name=\"test &lt;me&gt;\""));
  EXPECT_THAT(text, HasSubstr("<failure message=\"exited with code 3\" type=\"exited_nonzero\">"));
  EXPECT_THAT(text, HasSubstr("<system-out>bad &lt;thing&gt;\n</system-out>"));
  EXPECT_THAT(text, HasSubstr("<error message=\"unreachable\""));
  EXPECT_THAT(text, HasSubstr("its end was not seen"));
}

TEST_F(JunitReportTest, OfMuchOutputTheEndIsShown) {
  for (int i = 0; i < 5000; ++i) Output(0, "line " + std::to_string(i) + "\n");
  Finish(0, v1::HOST_STATE_SIGNALED);
  const std::string text = report_.Text(view_);
  EXPECT_THAT(text, HasSubstr("line 4999\n"));
  EXPECT_THAT(text, Not(HasSubstr("line 3000\n")));
}

TEST_F(JunitReportTest, AFailedProbeIsAFailure) {
  Finish(0, v1::HOST_STATE_SUCCEEDED);
  v1::Event probe;
  probe.mutable_probe_finished()->mutable_outcome()->set_state(v1::HOST_STATE_EXITED_NONZERO);
  probe.mutable_probe_finished()->mutable_outcome()->set_exit_code(7);
  probe.mutable_probe_finished()->set_output("no answer");
  Show(probe);
  EXPECT_THAT(report_.Text(view_), HasSubstr("<failure message=\"probe exited with code 7\""));
  EXPECT_THAT(report_.Text(view_), HasSubstr("no answer"));
}

TEST_F(JunitReportTest, ARunThatDidNotStartIsAnErrorToo) {
  report_.WriteError(absl::PermissionDeniedError("not you"));
  report_.OnEnd(view_);
  EXPECT_THAT(Written(), HasSubstr("<error message=\"not you\""));
}

TEST_F(JunitReportTest, AFileThatCannotBeWrittenIsTold) {
  JunitReport report("/nonexistent/report.xml");
  report.OnEnd(view_);
  EXPECT_THAT(std::string(report.status().message()), HasSubstr("/nonexistent/report.xml"));
}

}  // namespace
}  // namespace muster::client
