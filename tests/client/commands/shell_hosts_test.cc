#include "client/commands/shell_hosts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::client {
namespace {

using ::testing::ElementsAre;

// Of a run on web1 to web4.
class ShellHostsTest : public ::testing::Test {
 protected:
  ShellHostsTest() {
    hosts_.Choose({"web1", "web2", "web3", "web4"});
    v1::Event added;
    for (const char* name : {"web1", "web2", "web3", "web4"}) {
      added.mutable_hosts_added()->add_hosts()->set_name(name);
    }
    view_.Apply(added);
  }
  void Ends(uint32_t host, v1::HostState state, const std::string& message = "", int code = 0) {
    v1::Event event;
    event.mutable_host_finished()->set_host_index(host);
    v1::HostOutcome* const outcome = event.mutable_host_finished()->mutable_outcome();
    outcome->set_state(state);
    outcome->set_message(message);
    outcome->set_exit_code(code);
    view_.Apply(event);
  }
  ShellHosts hosts_;
  RunView view_;
};

TEST_F(ShellHostsTest, BeforeTheFirstLine) {
  EXPECT_EQ(hosts_.Prompt(), "muster 4 hosts> ");
  EXPECT_EQ(hosts_.Names(), "4 hosts: web[1-4]");
  EXPECT_EQ(hosts_.Table(0), "no line yet: web[1-4] (4 hosts)\n");
  EXPECT_THAT(hosts_.Failed(), ElementsAre());
}

TEST_F(ShellHostsTest, HowTheyStandAfterALine) {
  Ends(0, v1::HOST_STATE_SUCCEEDED);
  Ends(1, v1::HOST_STATE_EXITED_NONZERO, "", 3);
  Ends(2, v1::HOST_STATE_UNREACHABLE, "nobody answers");
  hosts_.Take(view_);
  EXPECT_EQ(hosts_.Prompt(), "muster 4 hosts, 3 failed> ");
  EXPECT_THAT(hosts_.Failed(), ElementsAre("web2", "web3", "web4"));
  EXPECT_THAT(hosts_.Unreached(), ElementsAre("web3"));
  EXPECT_EQ(hosts_.Table(0),
            "end not seen: queued: web4 (1 host)\n"
            "exited with code 3: web2 (1 host)\n"
            "succeeded: web1 (1 host)\n"
            "unreachable: web3 (1 host)\n"
            "    nobody answers\n");
}

TEST_F(ShellHostsTest, WhoStaysIsRemembered) {
  for (uint32_t host = 0; host < 4; ++host) Ends(host, v1::HOST_STATE_CANCELED);
  hosts_.Take(view_);
  hosts_.Choose({"web2", "web9"});
  EXPECT_EQ(hosts_.Prompt(), "muster 2 hosts, 1 failed> ");
  EXPECT_THAT(hosts_.Failed(), ElementsAre("web2"));
}

TEST_F(ShellHostsTest, ALineThatDidNotBeginChangesNothing) {
  hosts_.Take(RunView());
  EXPECT_EQ(hosts_.Prompt(), "muster 4 hosts> ");
}

}  // namespace
}  // namespace muster::client
