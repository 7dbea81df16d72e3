#include "client/output/ssh_config_hint.h"

#include <pwd.h>
#include <unistd.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "client/library/server_address.h"
#include "proto/contract/visible_text.h"
#include "proto/nodeset/node_set.h"

namespace muster::client {
namespace {

constexpr size_t kMaxGroups = 3;

std::string OwnUser() {
  const passwd* entry = getpwuid(geteuid());
  return entry != nullptr ? entry->pw_name : "";
}

class SshConfigHint final : public Printer {
 public:
  SshConfigHint(OutputWriter* writer, SshConfig config, const GivenLogin& given)
      : writer_(writer), config_(std::move(config)), given_(given), own_user_(OwnUser()) {}

  // Before the commands' output: a command would run elsewhere, or as another user.
  void OnEvent(const v1::Event& event, const RunView&) override {
    if (!event.has_hosts_added()) return;
    std::map<std::string, std::vector<std::string>> hosts;
    for (const v1::RunHost& host : event.hosts_added().hosts()) {
      addresses_.push_back(host.address());
      const std::string ways = OtherWays(host);
      if (!ways.empty()) hosts[ways].push_back(host.name());
    }
    Tell(hosts);
  }

  // Where a login has failed, also what keys it would have taken.
  void OnEnd(const RunView& view) override {
    std::map<std::string, std::vector<std::string>> hosts;
    for (const RunView::Failure& failure : view.failures()) {
      if (failure.host_index >= addresses_.size()) continue;
      const std::string keys = OtherKeys(failure);
      if (!keys.empty()) hosts[keys].push_back(view.NameOf(failure.host_index));
    }
    Tell(hosts);
  }

 private:
  std::string OtherWays(const v1::RunHost& host) const {
    const SshConfig::Settings settings = config_.Of(host.address());
    std::string text;
    const std::string name =
        absl::StrReplaceAll(Value(settings, "hostname"), {{"%h", host.address()}, {"%%", "%"}});
    if (name != host.address()) Append("HostName", name, &text);
    const std::string user = Value(settings, "user");
    if (!given_.user && host.user() == own_user_ && user != own_user_) Append("User", user, &text);
    const std::string port = Value(settings, "port");
    if (!given_.port && host.port() == 22 && port != "22") Append("Port", port, &text);
    for (const char* proxy : {"ProxyJump", "ProxyCommand"}) {
      const std::string value = Value(settings, absl::AsciiStrToLower(proxy));
      if (!given_.jump && value != "none") Append(proxy, value, &text);
    }
    return text;
  }

  std::string OtherKeys(const RunView::Failure& failure) const {
    const SshConfig::Settings settings = config_.Of(addresses_[failure.host_index]);
    std::string text;
    if (failure.outcome.state() == v1::HOST_STATE_AUTHENTICATION_FAILED && !given_.identity) {
      Append("IdentityFile", Value(settings, "identityfile"), &text);
      Append("CertificateFile", Value(settings, "certificatefile"), &text);
    }
    if (failure.outcome.state() == v1::HOST_STATE_HOST_KEY_REJECTED) {
      Append("HostKeyAlias", Value(settings, "hostkeyalias"), &text);
      Append("UserKnownHostsFile", Value(settings, "userknownhostsfile"), &text);
    }
    return text;
  }

  static std::string Value(const SshConfig::Settings& settings, const std::string& keyword) {
    const auto it = settings.find(keyword);
    return it == settings.end() ? "" : it->second;
  }

  static void Append(absl::string_view keyword, absl::string_view value, std::string* text) {
    if (value.empty()) return;
    absl::StrAppend(text, text->empty() ? "" : ", ", keyword, " ", value);
  }

  void Tell(const std::map<std::string, std::vector<std::string>>& hosts) {
    if (hosts.empty()) return;
    std::string text = "muster: warning: ssh_config is not read yet";
    size_t told = 0;
    for (const auto& [settings, names] : hosts) {
      if (++told > kMaxGroups) break;
      absl::StrAppend(&text, told == 1 ? ": for " : "; for ", FoldNodeSet(names), " it has ",
                      settings);
    }
    if (hosts.size() > kMaxGroups) absl::StrAppend(&text, "; and for others");
    AppendVisible(text, writer_->To(2));
    absl::StrAppend(writer_->To(2), ". Give them by -u, -p, -J, -i, --known-hosts, or in an ",
                    "inventory (-I).\n");
  }

  OutputWriter* const writer_;
  const SshConfig config_;
  const GivenLogin given_;
  const std::string own_user_;
  std::vector<std::string> addresses_;  // of the hosts, by their numbers
};

// Of the caller's own daemon: another one is not where the caller's ssh is.
bool LogsInAsSshDoes(const Options& options) {
  const bool starts =
      options.subcommand == Subcommand::kRun || options.subcommand == Subcommand::kRerun;
  const bool own = options.server.empty() || absl::StartsWith(options.server, "unix:");
  return starts && own && options.credential.empty();
}

}  // namespace

std::unique_ptr<Printer> NewSshConfigHint(OutputWriter* writer, SshConfig config,
                                          const GivenLogin& given) {
  return std::make_unique<SshConfigHint>(writer, std::move(config), given);
}

std::unique_ptr<Printer> SshConfigHintFor(const Options& options, OutputWriter* writer) {
  if (!LogsInAsSshDoes(options)) return nullptr;
  SshConfig config;
  config.Read(FromEnvironment("HOME") + "/.ssh/config");
  config.Read("/etc/ssh/ssh_config");
  if (config.empty()) return nullptr;
  return NewSshConfigHint(writer, std::move(config),
                          {!options.user.empty(), options.port != 0, !options.jump_hosts.empty(),
                           !options.identity_files.empty()});
}

}  // namespace muster::client
