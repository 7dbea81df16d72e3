#include "client/text/host_settings_text.h"

#include <gtest/gtest.h>

#include <vector>

namespace muster::client {
namespace {

using Setting = std::vector<std::string>;  // name, value, source

void AddHost(const std::string& name, const std::vector<Setting>& settings,
             v1::ResolveTargetsResponse* response) {
  response->add_hosts()->set_name(name);
  v1::HostSettings* const all = response->add_settings();
  for (const Setting& setting : settings) {
    v1::HostSetting* const one = all->add_settings();
    one->set_name(setting[0]);
    one->set_value(setting[1]);
    one->set_source(setting[2]);
  }
}

TEST(HostSettingsTextTest, HostsThatAreAlikeAreToldTogether) {
  v1::ResolveTargetsResponse response;
  const Setting port = {"port", "2222", "hosts.ini"}, user = {"user", "ann", ""};
  AddHost("web1", {{"address", "10.0.0.1", "hosts.ini"}, port, user}, &response);
  AddHost("db1", {{"address", "db1", ""}, {"port", "22", ""}, user}, &response);
  AddHost("web2", {{"address", "10.0.0.2", "hosts.ini"}, port, user}, &response);
  AddHost("web3", {{"address", "web3", ""}, port, user}, &response);
  EXPECT_EQ(HostSettingsText(response),
            "web[1-3]\n"
            "  address of web1: 10.0.0.1 (hosts.ini)\n"
            "  address of web2: 10.0.0.2 (hosts.ini)\n"
            "  port: 2222 (hosts.ini)\n"
            "  user: ann\n"
            "db1\n"
            "  port: 22\n"
            "  user: ann\n");
}

// The same value from somewhere else is something else.
TEST(HostSettingsTextTest, WhoSaysItTellsHostsApart) {
  v1::ResolveTargetsResponse response;
  AddHost("a1", {{"user", "ann", "target"}}, &response);
  AddHost("a2", {{"user", "ann\x1b[1m", "ssh_config"}}, &response);
  EXPECT_EQ(HostSettingsText(response),
            "a1\n  user: ann (target)\na2\n  user: ann^[[1m (ssh_config)\n");
}

}  // namespace
}  // namespace muster::client
