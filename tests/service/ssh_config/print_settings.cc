// Prints what ssh_config says of hosts as `ssh -G` does, for against_ssh.py to compare both.
//
// A line of input: CONFIG <tab> HOST <tab> USER or nothing <tab> PORT or nothing. Answered by the
// lines of ssh -G for what Muster knows, or "error MESSAGE", then an empty line.
#include <cstdlib>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "service/ssh_config/ssh_config.h"

namespace muster::service {
namespace {

std::string TrueOr(const std::string& word) {
  if (word == "yes") return "true";
  return word == "no" ? "false" : word;
}

std::string YesNo(bool flag) { return flag ? "yes" : "no"; }

void Print(const char* name, const std::string& value) {
  std::cout << name << ' ' << value << '\n';
}

void Print(const char* name, const absl::optional<std::string>& value) {
  if (value.has_value()) Print(name, *value);
}

void PrintList(const char* name, const std::vector<std::string>& values) {
  Print(name, values.empty() ? "none" : absl::StrJoin(values, " "));
}

void PrintFiles(const char* name, const std::vector<NamedFile>& files) {
  for (const NamedFile& file : files) Print(name, file.written);
}

std::string Text(const JumpTarget& jump) {
  const bool number = jump.host.find_first_not_of("1234567890.") == std::string::npos ||
                      jump.host.find(':') != std::string::npos;
  return absl::StrCat(jump.user, jump.user.empty() ? "" : "@", number ? "[" : "", jump.host,
                      number ? "]" : "", jump.port == 0 ? "" : absl::StrCat(":", jump.port));
}

// Of several, ssh prints all but the nearest as they are written; so does this test's files.
std::string Text(const std::vector<JumpTarget>& jumps) {
  return absl::StrJoin(jumps, ",", [](std::string* out, const JumpTarget& jump) {
    absl::StrAppend(out, Text(jump));
  });
}

void PrintAll(const HostQuery& query, const HostSettings& s) {
  Print("host", query.host);
  Print("user", s.user);
  Print("hostname", s.hostname);
  Print("port", absl::StrCat(s.port));
  Print("addressfamily", s.address_family);
  Print("canonicalizehostname", TrueOr(s.canonicalize_hostname));
  Print("checkhostip", YesNo(s.check_host_ip));
  Print("compression", YesNo(s.compression));
  Print("gssapiauthentication", YesNo(s.gssapi_authentication));
  Print("gssapidelegatecredentials", YesNo(s.gssapi_delegate_credentials));
  Print("hashknownhosts", YesNo(s.hash_known_hosts));
  Print("hostbasedauthentication", YesNo(s.hostbased_authentication));
  Print("identitiesonly", YesNo(s.identities_only));
  Print("kbdinteractiveauthentication", YesNo(s.kbd_interactive_authentication));
  Print("nohostauthenticationforlocalhost", YesNo(s.no_host_authentication_for_localhost));
  Print("passwordauthentication", YesNo(s.password_authentication));
  Print("pubkeyauthentication", TrueOr(s.pubkey_authentication));
  Print("forwardagent", s.forward_agent_socket.value_or(YesNo(s.forward_agent)));
  Print("permitlocalcommand", YesNo(s.permit_local_command));
  Print("localcommand", s.local_command);
  Print("stdinnull", YesNo(s.stdin_null));
  if (s.local_forward) Print("localforward", std::string());
  if (s.remote_forward) Print("remoteforward", std::string());
  if (s.dynamic_forward) Print("dynamicforward", std::string());
  Print("requesttty", TrueOr(s.request_tty));
  Print("sessiontype", s.session_type);
  Print("stricthostkeychecking", TrueOr(s.strict_host_key_checking));
  Print("tcpkeepalive", YesNo(s.tcp_keep_alive));
  Print("verifyhostkeydns", TrueOr(s.verify_host_key_dns));
  Print("connectionattempts", absl::StrCat(s.connection_attempts));
  Print("serveralivecountmax", absl::StrCat(s.server_alive_count_max));
  Print("serveraliveinterval", absl::StrCat(absl::ToInt64Seconds(s.server_alive_interval)));
  if (s.required_rsa_size) Print("requiredrsasize", absl::StrCat(*s.required_rsa_size));
  Print("bindaddress", s.bind_address);
  Print("bindinterface", s.bind_interface);
  Print("ciphers", s.ciphers);
  Print("hostkeyalgorithms", s.host_key_algorithms);
  Print("hostkeyalias", s.host_key_alias);
  Print("identityagent", s.identity_agent);
  Print("kexalgorithms", s.kex_algorithms);
  Print("remotecommand", s.remote_command);
  Print("macs", s.macs);
  Print("pkcs11provider", s.pkcs11_provider);
  Print("securitykeyprovider", s.security_key_provider);
  Print("preferredauthentications", s.preferred_authentications);
  Print("pubkeyacceptedalgorithms", s.pubkey_accepted_algorithms);
  Print("revokedhostkeys", s.revoked_host_keys);
  Print("knownhostscommand", s.known_hosts_command);
  PrintFiles("identityfile", s.identity_files.value_or(std::vector<NamedFile>()));
  PrintFiles("certificatefile", s.certificate_files);
  PrintList("globalknownhostsfile", s.global_known_hosts_files);
  PrintList("userknownhostsfile", s.user_known_hosts_files);
  for (const std::string& name : s.send_env) Print("sendenv", name);
  for (const std::string& variable : s.set_env) Print("setenv", variable);
  Print("connecttimeout", s.connect_timeout.has_value()
                              ? absl::StrCat(absl::ToInt64Seconds(*s.connect_timeout))
                              : "none");
  Print("rekeylimit", absl::StrCat(s.rekey_bytes, " ", absl::ToInt64Seconds(s.rekey_interval)));
  Print("proxycommand", s.proxy_command);
  Print("proxyusefdpass", YesNo(s.proxy_use_fdpass));
  if (!s.jump_hosts.empty()) Print("proxyjump", Text(s.jump_hosts));
}

absl::StatusOr<bool> RunInShell(const std::string& command) {
  return std::system(command.c_str()) == 0;
}

void Answer(const std::string& line, const LocalUser& user) {
  const std::vector<std::string> fields = absl::StrSplit(line, '\t');
  HostQuery query;
  query.host = fields.at(1);
  if (!fields.at(2).empty()) query.user = fields.at(2);
  int port = 0;
  if (absl::SimpleAtoi(fields.at(3), &port)) query.port = static_cast<uint16_t>(port);
  absl::Status status;
  const absl::StatusOr<SshConfig> config = SshConfig::Read(
      {fields.at(0), {fields.begin() + 4, fields.end()}}, user, {RunInShell, LookUpBySystem});
  if (config.ok()) {
    const absl::StatusOr<HostSettings> settings = config->For(query);
    if (settings.ok()) PrintAll(query, *settings);
    status = settings.status();
  } else {
    status = config.status();
  }
  if (!status.ok()) {
    std::cout << "error " << absl::StrReplaceAll(status.message(), {{"\n", "; "}}) << '\n';
  }
  std::cout << std::endl;
}

int Main() {
  const LocalUser user = LocalUser::Own();
  for (std::string line; std::getline(std::cin, line);) Answer(line, user);
  return 0;
}

}  // namespace
}  // namespace muster::service

int main() { return muster::service::Main(); }
