#include "service/ssh_config/ssh_config.h"

#include <netdb.h>
#include <sys/socket.h>

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "service/ssh_config/config_pass.h"
#include "service/ssh_config/expand.h"

namespace muster::service {
namespace {

bool LooksLikeAddress(const std::string& host) {
  return host.find_first_of("%:") != std::string::npos ||
         host.find_first_not_of("0123456789.") == std::string::npos;
}

int FamilyOf(const ConfigPass& pass) {
  const std::string* const family = pass.Get(Keyword::kAddressFamily);
  if (family == nullptr || *family == "any") return AF_UNSPEC;
  return *family == "inet6" ? AF_INET6 : AF_INET;
}

// An address in its usual form ("127.1" is 127.0.0.1); none: it is a name.
absl::optional<std::string> AddressOf(const std::string& host, int family) {
  addrinfo hints = {};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return absl::nullopt;
  char text[NI_MAXHOST] = {};
  const bool one = found != nullptr && found->ai_next == nullptr;
  const int error = getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof(text), nullptr, 0,
                                NI_NUMERICHOST);
  freeaddrinfo(found);
  if (!one || error != 0) return absl::nullopt;
  return std::string(text);
}

bool MayBeAddress(const std::string& host) {
  return !host.empty() && (absl::ascii_isdigit(static_cast<unsigned char>(host[0])) ||
                           host.find(':') != std::string::npos);
}

// Where to go, from HostName or the name that was asked for.
absl::StatusOr<std::string> Destination(const ConfigPass& pass, const std::string& asked,
                                        const NameLookup& lookup) {
  std::string host = asked;
  if (const std::string* const name = pass.Get(Keyword::kHostname)) {
    absl::StatusOr<std::string> expanded = ExpandTokens(*name, {{'h', asked}});
    if (!expanded.ok()) return expanded;
    host = *std::move(expanded);
  }
  if (host.empty()) return absl::InvalidArgumentError("the host has no name");
  absl::optional<std::string> address = AddressOf(host, FamilyOf(pass));
  if (address.has_value()) return *std::move(address);
  if (LooksLikeAddress(host)) return host;
  return CanonicalName(pass, absl::AsciiStrToLower(host), FamilyOf(pass), lookup);
}

bool IsNone(const std::string& value) { return absl::EqualsIgnoreCase(value, "none"); }

bool DependsOnHost(const Setting& setting) {
  constexpr Keyword kOfHost[] = {Keyword::kHostname, Keyword::kProxyJump, Keyword::kAddressFamily,
                                 Keyword::kCanonicalizeHostname,
                                 Keyword::kCanonicalizePermittedCnames};
  return absl::c_linear_search(kOfHost, setting.keyword) ||
         absl::c_any_of(setting.values,
                        [](const std::string& value) { return absl::StrContains(value, '%'); });
}

bool IsForAll(const MatchCriteria& criteria) {
  return absl::c_all_of(criteria, [](const Criterion& criterion) {
    return criterion.kind == Criterion::Kind::kAll && !criterion.negated;
  });
}

bool SaysTheSame(const ConfigFile& file);

bool SaysTheSame(const ConfigItem& item) {
  if (const auto* setting = absl::get_if<Setting>(&item.what)) return !DependsOnHost(*setting);
  if (const auto* hosts = absl::get_if<HostPatterns>(&item.what)) {
    return hosts->patterns == std::vector<std::string>{"*"};
  }
  if (const auto* match = absl::get_if<MatchCriteria>(&item.what)) return IsForAll(*match);
  const auto* included = absl::get_if<IncludedFiles>(&item.what);
  return included == nullptr ||
         absl::c_all_of(included->files, [](const auto& file) { return SaysTheSame(*file); });
}

bool SaysTheSame(const ConfigFile& file) {
  return absl::c_all_of(file.items, [](const ConfigItem& item) { return SaysTheSame(item); });
}

// Fills settings from a pass.
class Filler {
 public:
  Filler(const ConfigPass& pass, const LocalUser& local) : pass_(pass), local_(local) {}

  absl::StatusOr<HostSettings> Fill(const HostQuery& query, const std::string& hostname);

 private:
  void FillWay();
  absl::Status FillProxy();
  absl::Status FillHostKeys();
  absl::Status FillCredentials();
  void FillAlgorithms();
  absl::Status FillCommand();
  absl::Status FillForwards();
  absl::Status CheckLoop() const;

  bool Flag(Keyword keyword, bool otherwise) const;
  int Number(Keyword keyword, int otherwise) const;
  std::string Word(Keyword keyword, const char* otherwise) const;
  absl::optional<std::string> Optional(Keyword keyword) const;
  absl::optional<std::string> UnlessNone(Keyword keyword) const;
  // With tilde, tokens and variables replaced.
  absl::StatusOr<std::string> Path(const char* keyword, const std::string& written) const;
  absl::StatusOr<std::vector<NamedFile>> Files(const char* keyword,
                                               const std::vector<std::string>& written) const;

  const ConfigPass& pass_;
  const LocalUser& local_;
  Tokens tokens_;
  HostSettings settings_;
};

bool Filler::Flag(Keyword keyword, bool otherwise) const {
  const std::string* const value = pass_.Get(keyword);
  return value == nullptr ? otherwise : *value == "yes";
}

int Filler::Number(Keyword keyword, int otherwise) const {
  const std::string* const value = pass_.Get(keyword);
  int number = otherwise;
  if (value != nullptr && !absl::SimpleAtoi(*value, &number)) return otherwise;
  return number;
}

std::string Filler::Word(Keyword keyword, const char* otherwise) const {
  const std::string* const value = pass_.Get(keyword);
  return value == nullptr ? otherwise : *value;
}

absl::optional<std::string> Filler::Optional(Keyword keyword) const {
  const std::string* const value = pass_.Get(keyword);
  return value == nullptr ? absl::nullopt : absl::make_optional(*value);
}

absl::optional<std::string> Filler::UnlessNone(Keyword keyword) const {
  absl::optional<std::string> value = Optional(keyword);
  if (value.has_value() && IsNone(*value)) value.reset();
  return value;
}

absl::StatusOr<std::string> Filler::Path(const char* keyword, const std::string& written) const {
  absl::StatusOr<std::string> path = ExpandTilde(written, local_.home);
  if (path.ok()) path = ExpandAll(*path, tokens_);
  if (path.ok()) return path;
  return absl::InvalidArgumentError(absl::StrCat(keyword, ": ", path.status().message()));
}

absl::StatusOr<std::vector<NamedFile>> Filler::Files(
    const char* keyword, const std::vector<std::string>& written) const {
  std::vector<NamedFile> files;
  for (const std::string& name : written) {
    const absl::StatusOr<std::string> path = IsNone(name) ? std::string() : Path(keyword, name);
    if (!path.ok()) return path.status();
    files.push_back({name, *path});
  }
  return files;
}

void Filler::FillWay() {
  settings_.address_family = Word(Keyword::kAddressFamily, "any");
  settings_.bind_address = Optional(Keyword::kBindAddress);
  settings_.bind_interface = Optional(Keyword::kBindInterface);
  if (pass_.Get(Keyword::kConnectTimeout) != nullptr) {
    settings_.connect_timeout = absl::Seconds(Number(Keyword::kConnectTimeout, 0));
  }
  settings_.connection_attempts = Number(Keyword::kConnectionAttempts, 1);
  settings_.tcp_keep_alive = Flag(Keyword::kTcpKeepAlive, true);
  settings_.server_alive_interval = absl::Seconds(Number(Keyword::kServerAliveInterval, 0));
  settings_.server_alive_count_max = Number(Keyword::kServerAliveCountMax, 3);
  settings_.canonicalize_hostname = Word(Keyword::kCanonicalizeHostname, "no");
  settings_.refuse_connection = Optional(Keyword::kRefuseConnection);
}

absl::Status Filler::FillProxy() {
  settings_.proxy_command = UnlessNone(Keyword::kProxyCommand);
  const std::string* const jump = pass_.Get(Keyword::kProxyJump);
  const bool jumps = jump != nullptr && !jump->empty();
  settings_.proxy_use_fdpass = !jumps && Flag(Keyword::kProxyUseFdpass, false);
  if (!jumps) return absl::OkStatus();
  for (const absl::string_view host : absl::StrSplit(*jump, ',')) {
    settings_.jump_hosts.push_back(*ParseJumpTarget(host));
  }
  return CheckLoop();
}

// The host on the way may not be the target itself.
absl::Status Filler::CheckLoop() const {
  const JumpTarget& jump = settings_.jump_hosts.back();
  const std::string& user = jump.user.empty() ? settings_.user : jump.user;
  const uint16_t port = jump.port == 0 ? 22 : jump.port;
  if (jump.host != settings_.hostname || port != settings_.port || user != settings_.user) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("ProxyJump ", jump.host, " leads to the host itself"));
}

absl::Status Filler::FillHostKeys() {
  settings_.strict_host_key_checking = Word(Keyword::kStrictHostKeyChecking, "ask");
  settings_.hash_known_hosts = Flag(Keyword::kHashKnownHosts, false);
  settings_.check_host_ip = Flag(Keyword::kCheckHostIp, false);
  settings_.verify_host_key_dns = Word(Keyword::kVerifyHostKeyDns, "no");
  settings_.no_host_authentication_for_localhost =
      Flag(Keyword::kNoHostAuthenticationForLocalhost, false);
  settings_.known_hosts_command = UnlessNone(Keyword::kKnownHostsCommand);
  if (const auto revoked = UnlessNone(Keyword::kRevokedHostKeys)) {
    const absl::StatusOr<std::string> path = Path("RevokedHostKeys", *revoked);
    if (!path.ok()) return path.status();
    settings_.revoked_host_keys = *path;
  }
  const auto* global = pass_.GetAll(Keyword::kGlobalKnownHostsFile);
  settings_.global_known_hosts_files =
      global != nullptr
          ? *global
          : std::vector<std::string>{"/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"};
  if (IsNone(settings_.global_known_hosts_files[0])) settings_.global_known_hosts_files.clear();
  const auto* users = pass_.GetAll(Keyword::kUserKnownHostsFile);
  const std::vector<std::string> usual = {"~/.ssh/known_hosts", "~/.ssh/known_hosts2"};
  for (const std::string& written : users != nullptr ? *users : usual) {
    if (IsNone(written)) break;
    const absl::StatusOr<std::string> path = Path("UserKnownHostsFile", written);
    if (!path.ok()) return path.status();
    settings_.user_known_hosts_files.push_back(*path);
  }
  return absl::OkStatus();
}

absl::Status Filler::FillCredentials() {
  if (!pass_.identity_files().empty()) {
    absl::StatusOr<std::vector<NamedFile>> files = Files("IdentityFile", pass_.identity_files());
    if (!files.ok()) return files.status();
    settings_.identity_files = *std::move(files);
  }
  absl::StatusOr<std::vector<NamedFile>> certificates =
      Files("CertificateFile", pass_.certificate_files());
  if (!certificates.ok()) return certificates.status();
  settings_.certificate_files = *std::move(certificates);
  settings_.identities_only = Flag(Keyword::kIdentitiesOnly, false);
  if (const std::string* const agent = pass_.Get(Keyword::kIdentityAgent)) {
    const absl::StatusOr<std::string> path = Path("IdentityAgent", *agent);
    if (!path.ok()) return path.status();
    settings_.identity_agent = *path;
  }
  settings_.pkcs11_provider = UnlessNone(Keyword::kPkcs11Provider);
  settings_.security_key_provider = UnlessNone(Keyword::kSecurityKeyProvider);
  settings_.pubkey_authentication = Word(Keyword::kPubkeyAuthentication, "yes");
  settings_.password_authentication = Flag(Keyword::kPasswordAuthentication, true);
  settings_.kbd_interactive_authentication = Flag(Keyword::kKbdInteractiveAuthentication, true);
  settings_.gssapi_authentication = Flag(Keyword::kGssapiAuthentication, false);
  settings_.gssapi_delegate_credentials = Flag(Keyword::kGssapiDelegateCredentials, false);
  settings_.hostbased_authentication = Flag(Keyword::kHostbasedAuthentication, false);
  settings_.preferred_authentications = Optional(Keyword::kPreferredAuthentications);
  if (pass_.Get(Keyword::kRequiredRsaSize) != nullptr) {
    settings_.required_rsa_size = Number(Keyword::kRequiredRsaSize, 0);
  }
  return absl::OkStatus();
}

void Filler::FillAlgorithms() {
  settings_.ciphers = Optional(Keyword::kCiphers);
  settings_.macs = Optional(Keyword::kMacs);
  settings_.kex_algorithms = Optional(Keyword::kKexAlgorithms);
  settings_.host_key_algorithms = Optional(Keyword::kHostKeyAlgorithms);
  settings_.pubkey_accepted_algorithms = Optional(Keyword::kPubkeyAcceptedAlgorithms);
  settings_.compression = Flag(Keyword::kCompression, false);
  if (const std::string* const bytes = pass_.Get(Keyword::kRekeyLimit)) {
    settings_.rekey_bytes = std::stoll(*bytes);
  }
  settings_.rekey_interval = absl::Seconds(Number(Keyword::kRekeyInterval, 0));
}

absl::Status Filler::FillCommand() {
  settings_.send_env = pass_.send_env();
  settings_.set_env = pass_.set_env();
  settings_.request_tty = Word(Keyword::kRequestTty, "auto");
  settings_.session_type = Word(Keyword::kSessionType, "default");
  settings_.stdin_null = Flag(Keyword::kStdinNull, false);
  settings_.permit_local_command = Flag(Keyword::kPermitLocalCommand, false);
  settings_.local_command = UnlessNone(Keyword::kLocalCommand);
  const absl::optional<std::string> command = UnlessNone(Keyword::kRemoteCommand);
  if (!command.has_value()) return absl::OkStatus();
  const absl::StatusOr<std::string> expanded = ExpandTokens(*command, tokens_);
  if (!expanded.ok()) return expanded.status();
  settings_.remote_command = *expanded;
  return absl::OkStatus();
}

absl::Status Filler::FillForwards() {
  settings_.forward_agent = Flag(Keyword::kForwardAgent, false);
  if (const std::string* const socket = pass_.Get(Keyword::kForwardAgentSocket)) {
    const absl::StatusOr<std::string> path = Path("ForwardAgent", *socket);
    if (!path.ok()) return path.status();
    settings_.forward_agent_socket = *path;
  }
  if (Flag(Keyword::kClearAllForwardings, false)) return absl::OkStatus();
  settings_.local_forward = pass_.Get(Keyword::kLocalForward) != nullptr;
  settings_.remote_forward = pass_.Get(Keyword::kRemoteForward) != nullptr;
  settings_.dynamic_forward = pass_.Get(Keyword::kDynamicForward) != nullptr;
  return absl::OkStatus();
}

absl::StatusOr<HostSettings> Filler::Fill(const HostQuery& query, const std::string& hostname) {
  settings_.hostname = hostname;
  settings_.user = Word(Keyword::kUser, local_.name.c_str());
  settings_.user_is_set = pass_.Get(Keyword::kUser) != nullptr;
  settings_.port = static_cast<uint16_t>(Number(Keyword::kPort, 22));
  FillWay();
  if (settings_.connection_attempts <= 0) {
    return absl::InvalidArgumentError("ConnectionAttempts 0: at least one is needed");
  }
  if (absl::Status status = FillProxy(); !status.ok()) return status;
  if (absl::optional<std::string> alias = Optional(Keyword::kHostKeyAlias)) {
    settings_.host_key_alias = absl::AsciiStrToLower(*alias);
  }
  TokenSubject subject{hostname,       query.host,     settings_.host_key_alias.value_or(""),
                       settings_.user, settings_.port, ""};
  if (!settings_.jump_hosts.empty()) subject.jump = settings_.jump_hosts.back().host;
  tokens_ = TokensOf(local_, subject);
  if (absl::Status status = FillHostKeys(); !status.ok()) return status;
  if (absl::Status status = FillCredentials(); !status.ok()) return status;
  FillAlgorithms();
  if (absl::Status status = FillCommand(); !status.ok()) return status;
  if (absl::Status status = FillForwards(); !status.ok()) return status;
  return std::move(settings_);
}

absl::StatusOr<std::vector<std::shared_ptr<const ConfigFile>>> ReadOptions(
    const std::vector<std::string>& options) {
  std::vector<std::shared_ptr<const ConfigFile>> files;
  for (const std::string& option : options) {
    auto file = ReadConfigOption(option);
    if (!file.ok()) return file.status();
    files.push_back(*std::move(file));
  }
  return files;
}

absl::Status ReadAll(const std::vector<std::shared_ptr<const ConfigFile>>& files,
                     ConfigPass* pass) {
  for (const auto& file : files) {
    if (absl::Status status = pass->Read(*file); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status SshConfig::AddFile(const ConfigSource& source) {
  auto file = ReadConfigFile(source, user_.home);
  if (file.ok()) files_.push_back(*std::move(file));
  return file.status();
}

absl::Status SshConfig::AddUsual() {
  const ConfigSource sources[] = {{absl::StrCat(user_.home, "/.ssh/config"), true, true},
                                  {"/etc/ssh/ssh_config", false, false}};
  for (const ConfigSource& source : sources) {
    const absl::Status added = AddFile(source);
    if (!added.ok() && !absl::IsNotFound(added)) return added;
  }
  return absl::OkStatus();
}

absl::StatusOr<SshConfig> SshConfig::Read(const Sources& sources, LocalUser user, Helpers helpers) {
  SshConfig config(std::move(user), std::move(helpers));
  auto options = ReadOptions(sources.options);
  if (!options.ok()) return options.status();
  config.options_ = *std::move(options);
  const absl::Status added =
      sources.file.empty() ? config.AddUsual()
                           : config.AddFile({sources.file, /*users=*/true, /*check_owner=*/false});
  if (!added.ok()) return added;
  return config;
}

std::string SshConfig::UsualForm(const std::string& host) {
  if (MayBeAddress(host)) {
    if (absl::optional<std::string> address = AddressOf(host, AF_UNSPEC)) return *address;
  }
  return LooksLikeAddress(host) ? host : absl::AsciiStrToLower(host);
}

bool SshConfig::SaysTheSameOfAll() const {
  const auto same = [](const auto& file) { return SaysTheSame(*file); };
  return absl::c_all_of(options_, same) && absl::c_all_of(files_, same);
}

absl::StatusOr<HostSettings> SshConfig::For(const HostQuery& query) const {
  const absl::StatusOr<Files> of_query = ReadOptions(query.options);
  if (!of_query.ok()) return of_query.status();
  ConfigPass pass(user_, query.host, helpers_.exec);
  if (query.user.has_value()) pass.Preset(Keyword::kUser, *query.user);
  if (query.port.has_value()) pass.Preset(Keyword::kPort, absl::StrCat(*query.port));
  for (const Files* const files : {&options_, &*of_query, &files_}) {
    if (absl::Status status = ReadAll(*files, &pass); !status.ok()) return status;
  }
  const absl::StatusOr<std::string> host = Destination(pass, query.host, helpers_.lookup);
  if (!host.ok()) return host.status();
  const std::string* const canonical = pass.Get(Keyword::kCanonicalizeHostname);
  if (pass.wants_final() || (canonical != nullptr && *canonical != "no")) {
    pass.BeginFinal(*host);
    // Not the options, which ssh, too, reads once: SendEnv adds to what there is.
    if (absl::Status status = ReadAll(files_, &pass); !status.ok()) return status;
  }
  return Filler(pass, user_).Fill(query, *host);
}

}  // namespace muster::service
