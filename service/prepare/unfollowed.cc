#include "service/prepare/unfollowed.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace muster::service {
namespace {

// As distributions set them for everybody, and as ssh's users expect them to be of no consequence.
bool IsLocale(const std::string& pattern) {
  return pattern == "LANG" || absl::StartsWith(pattern, "LC_") || pattern == "COLORTERM" ||
         pattern == "NO_COLOR";
}

bool SendsMore(const HostSettings& settings) {
  return !std::all_of(settings.send_env.begin(), settings.send_env.end(), IsLocale);
}

bool IsRelative(absl::string_view path) { return !path.empty() && path[0] != '/'; }

bool NamesRelative(absl::string_view agent) {
  return agent != "SSH_AUTH_SOCK" && !absl::EqualsIgnoreCase(agent, "none") &&
         !absl::StartsWith(agent, "$") && IsRelative(agent);
}

struct NamedPath {
  const char* keyword;
  std::string path;
};

// Those that are below the folder that ssh is called in.
std::vector<NamedPath> RelativePaths(const HostSettings& s) {
  std::vector<NamedPath> paths;
  const auto add = [&paths](const char* keyword, const std::string& path) {
    if (IsRelative(path)) paths.push_back({keyword, path});
  };
  for (const NamedFile& file : s.identity_files.value_or(std::vector<NamedFile>())) {
    add("IdentityFile", file.path);
  }
  for (const NamedFile& file : s.certificate_files) add("CertificateFile", file.path);
  for (const std::string& file : s.user_known_hosts_files) add("UserKnownHostsFile", file);
  for (const std::string& file : s.global_known_hosts_files) add("GlobalKnownHostsFile", file);
  if (s.revoked_host_keys) add("RevokedHostKeys", *s.revoked_host_keys);
  if (s.identity_agent && NamesRelative(*s.identity_agent)) add("IdentityAgent", *s.identity_agent);
  return paths;
}

std::string ObstacleOf(const NamedPath& named) {
  // There ssh replaces no tilde.
  const bool systems = absl::string_view(named.keyword) == "GlobalKnownHostsFile";
  return absl::StrCat(named.keyword, " ", named.path,
                      " is below the folder that ssh is called in, which a daemon does not know; "
                      "write it ",
                      systems ? "from / on" : "with ~/, or from / on");
}

}  // namespace

std::vector<std::string> UnfollowedOf(const HostSettings& s) {
  const struct {
    const char* keyword;
    bool is_set;
  } keywords[] = {
      {"CheckHostIP", s.check_host_ip},
      {"DynamicForward", s.dynamic_forward},
      {"ForwardAgent", s.forward_agent},
      {"HostbasedAuthentication", s.hostbased_authentication},
      {"KnownHostsCommand", s.known_hosts_command.has_value()},
      {"LocalCommand", s.permit_local_command && s.local_command.has_value()},
      {"LocalForward", s.local_forward},
      {"NoHostAuthenticationForLocalhost", s.no_host_authentication_for_localhost},
      {"PKCS11Provider", s.pkcs11_provider.has_value()},
      {"RemoteCommand", s.remote_command.has_value()},
      {"RemoteForward", s.remote_forward},
      {"SendEnv (--request-env NAME sends what your shell has)", SendsMore(s)},
      {"SessionType none", s.session_type == "none"},
      {"SessionType subsystem", s.session_type == "subsystem"},
      {"StdinNull", s.stdin_null},
      {"StrictHostKeyChecking no (a key that has changed is refused)",
       s.strict_host_key_checking == "no"},
      {"VerifyHostKeyDNS", s.verify_host_key_dns != "no"},
  };
  std::vector<std::string> unfollowed;
  for (const auto& keyword : keywords) {
    if (keyword.is_set) unfollowed.emplace_back(keyword.keyword);
  }
  return unfollowed;
}

std::string ObstacleOf(const HostSettings& settings) {
  if (settings.refuse_connection.has_value()) {
    return absl::StrCat("RefuseConnection: ", *settings.refuse_connection);
  }
  if (settings.proxy_command.has_value() && settings.proxy_use_fdpass) {
    return "ProxyUseFdpass is not followed yet; have the ProxyCommand itself carry the connection, "
           "as `nc %h %p` without -F does";
  }
  const std::vector<NamedPath> relative = RelativePaths(settings);
  return relative.empty() ? "" : ObstacleOf(relative.front());
}

void Unfollowed::Add(const std::string& host, const HostSettings& settings) {
  for (const std::string& keyword : UnfollowedOf(settings)) Add(host, keyword);
}

void Unfollowed::Add(const std::string& host, const std::string& keyword) {
  Hosts& hosts = by_keyword_[keyword];
  if (hosts.count++ == 0) hosts.first = host;
}

std::vector<std::string> Unfollowed::Warnings() const {
  std::string list;
  for (const auto& [keyword, hosts] : by_keyword_) {
    absl::StrAppend(&list, list.empty() ? "" : ", ", keyword, " (", hosts.first);
    if (hosts.count > 1) absl::StrAppend(&list, " and ", hosts.count - 1, " more");
    absl::StrAppend(&list, ")");
  }
  if (list.empty()) return {};
  return {absl::StrCat("Of ssh_config, Muster does not follow: ", list, ".")};
}

}  // namespace muster::service
