#include "service/access/config.h"

#include <fnmatch.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "proto/contract/answers_text.h"
#include "proto/contract/limits.h"
#include "proto/contract/secret_command.h"
#include "service/targets/located_error.h"
#include "service/targets/yaml_document.h"

namespace muster::service {
namespace {

constexpr size_t kMaxConfigBytes = 1 << 20;
constexpr absl::string_view kCredentialsVariable = "$CREDENTIALS_DIRECTORY";

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return absl::NotFoundError(absl::StrCat(path, ": ", strerror(errno)));
  }
  std::stringstream text;
  text << file.rdbuf();
  if (text.str().size() > kMaxConfigBytes) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": larger than 1 MiB"));
  }
  return text.str();
}

// Reads one document into a Config.
class ConfigReader {
 public:
  explicit ConfigReader(YamlDocument document) : document_(std::move(document)) {}
  absl::StatusOr<Config> Read();

 private:
  using Handle = absl::FunctionRef<absl::Status(const YamlNode& value)>;
  struct Key {
    absl::string_view name;
    Handle handle;
  };

  // Hands each entry of a map to the key of its name.
  absl::Status ReadMap(const YamlNode& node, absl::string_view what, std::vector<Key> keys);
  absl::Status ReadCredentials(const YamlNode& node);
  absl::Status ReadCredential(const std::string& name, const YamlNode& node);
  absl::Status ReadRule(const YamlNode& node);
  absl::Status ReadCallers(const YamlNode& node, std::vector<CallerPattern>* callers);
  absl::Status ReadPorts(const YamlNode& node, std::vector<PortRange>* ports);
  absl::Status ReadPolicy(const YamlNode& node);
  absl::Status ReadSecret(const YamlNode& node, engine::Passphrase* secret);
  absl::Status ReadSecretPath(const YamlNode& node, std::string* path);
  absl::Status RunPasswordCommand(const YamlNode& node, engine::CredentialSpec* credential);
  absl::Status SetPassword(const YamlNode& node, absl::string_view what,
                           engine::Passphrase password, engine::CredentialSpec* credential);
  absl::Status ReadAnswers(const YamlNode& node, std::vector<engine::PreparedAnswer>* answers);
  absl::Status ReadMethods(const YamlNode& node, std::vector<std::string>* methods);
  absl::Status ReadPassword(const YamlNode& node, engine::CredentialSpec* credential);
  absl::Status ReadHostKeyPolicy(const YamlNode& node, engine::HostKeyPolicy* policy);
  absl::Status ReadFlag(const YamlNode& node, bool* flag);
  absl::Status ReadText(const YamlNode& node, std::string* text);
  absl::Status ReadPath(const YamlNode& node, std::string* path);
  // A sequence of texts, or one text.
  absl::Status ReadTexts(const YamlNode& node, std::vector<std::string>* texts);
  absl::Status ReadPaths(const YamlNode& node, std::vector<std::string>* paths);

  absl::Status Error(const YamlNode& node, absl::string_view message) const {
    return ErrorAt(document_.file(), node.line, message);
  }
  std::string Absolute(const std::string& path) const {
    std::error_code gone;  // the folder that musterd is started in: the file was found from / on
    const std::filesystem::path file = std::filesystem::absolute(document_.file(), gone);
    return (file.parent_path() / path).lexically_normal();
  }

  YamlDocument document_;
  Config config_;
};

absl::StatusOr<Config> ConfigReader::Read() {
  const absl::Status status = ReadMap(
      document_.root(), "the configuration",
      {{"inventory", [&](const YamlNode& node) { return ReadPath(node, &config_.inventory_file); }},
       {"credentials", [&](const YamlNode& node) { return ReadCredentials(node); }},
       {"policy", [&](const YamlNode& node) { return ReadPolicy(node); }}});
  if (!status.ok()) return status;
  return std::move(config_);
}

absl::Status ConfigReader::ReadMap(const YamlNode& node, absl::string_view what,
                                   std::vector<Key> keys) {
  absl::StatusOr<std::vector<YamlDocument::Entry>> entries = document_.Entries(node, what);
  if (!entries.ok()) return entries.status();
  for (const YamlDocument::Entry& entry : *entries) {
    const auto known = [&](const Key& key) { return key.name == entry.first->text; };
    const auto key = std::find_if(keys.begin(), keys.end(), known);
    if (key == keys.end()) {
      const auto name = [](std::string* out, const Key& k) { absl::StrAppend(out, k.name); };
      return Error(*entry.first, absl::StrCat("unknown key \"", entry.first->text, "\" in ", what,
                                              "; there are: ", absl::StrJoin(keys, ", ", name)));
    }
    const absl::Status status = key->handle(*entry.second);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ConfigReader::ReadCredentials(const YamlNode& node) {
  absl::StatusOr<std::vector<YamlDocument::Entry>> entries = document_.Entries(node, "credentials");
  if (!entries.ok()) return entries.status();
  for (const YamlDocument::Entry& entry : *entries) {
    const absl::Status status = ReadCredential(entry.first->text, *entry.second);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ConfigReader::ReadCredential(const std::string& name, const YamlNode& node) {
  NamedCredential credential;
  std::vector<std::string> files;
  engine::Passphrase passphrase;
  bool gssapi = false;
  engine::TicketSource tickets;
  const absl::Status status = ReadMap(
      node, absl::StrCat("credential ", name),
      {{"identity_files", [&](const YamlNode& value) { return ReadPaths(value, &files); }},
       {"passphrase_file", [&](const YamlNode& value) { return ReadSecret(value, &passphrase); }},
       {"password_file",
        [&](const YamlNode& value) { return ReadPassword(value, &credential.keys); }},
       {"password_command",
        [&](const YamlNode& value) { return RunPasswordCommand(value, &credential.keys); }},
       {"answers_file",
        [&](const YamlNode& value) { return ReadAnswers(value, &credential.keys.answers); }},
       {"login_methods",
        [&](const YamlNode& value) { return ReadMethods(value, &credential.keys.methods); }},
       {"gssapi", [&](const YamlNode& value) { return ReadFlag(value, &gssapi); }},
       {"gssapi_delegate",
        [&](const YamlNode& value) { return ReadFlag(value, &tickets.delegate); }},
       {"kerberos_cache", [&](const YamlNode& value) { return ReadText(value, &tickets.cache); }},
       {"agent_socket",
        [&](const YamlNode& value) { return ReadPath(value, &credential.keys.agent_socket); }},
       {"identities_only",
        [&](const YamlNode& value) { return ReadFlag(value, &credential.keys.identities_only); }},
       {"known_hosts",
        [&](const YamlNode& value) { return ReadPaths(value, &credential.known_hosts_files); }},
       {"host_key_policy",
        [&](const YamlNode& value) {
          return ReadHostKeyPolicy(value, &credential.host_key_policy);
        }},
       {"hash_known_hosts",
        [&](const YamlNode& value) { return ReadFlag(value, &credential.hash_known_hosts); }},
       {"user", [&](const YamlNode& value) { return ReadText(value, &credential.user); }}});
  if (!status.ok()) return status;
  for (std::string& file : files) {
    credential.keys.identity_files.push_back({std::move(file), passphrase, true});
  }
  if (!credential.keys.password_source.empty()) {
    absl::StrAppend(&credential.keys.password_source, " of credential ", name);
  }
  if (gssapi) credential.keys.tickets = std::move(tickets);
  config_.credentials.emplace(name, std::move(credential));
  return absl::OkStatus();
}

absl::Status ConfigReader::ReadPolicy(const YamlNode& node) {
  absl::StatusOr<std::vector<const YamlNode*>> items = document_.Items(node);
  if (!items.ok()) return items.status();
  for (const YamlNode* item : *items) {
    const absl::Status status = ReadRule(*item);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ConfigReader::ReadRule(const YamlNode& node) {
  PolicyRule rule;
  const absl::Status status = ReadMap(
      node, "a policy rule",
      {{"callers", [&](const YamlNode& value) { return ReadCallers(value, &rule.callers); }},
       {"credentials", [&](const YamlNode& value) { return ReadTexts(value, &rule.credentials); }},
       {"users", [&](const YamlNode& value) { return ReadTexts(value, &rule.users); }},
       {"targets", [&](const YamlNode& value) { return ReadText(value, &rule.targets); }},
       {"ports", [&](const YamlNode& value) { return ReadPorts(value, &rule.ports); }}});
  if (!status.ok()) return status;
  if (rule.callers.empty() || rule.credentials.empty() || rule.users.empty() ||
      rule.targets.empty()) {
    return Error(node, "a policy rule needs callers, credentials, users and targets");
  }
  config_.rules.push_back(std::move(rule));
  return absl::OkStatus();
}

absl::Status ConfigReader::ReadCallers(const YamlNode& node, std::vector<CallerPattern>* callers) {
  std::vector<std::string> texts;
  const absl::Status status = ReadTexts(node, &texts);
  if (!status.ok()) return status;
  for (const std::string& text : texts) {
    const Caller caller = CallerOfText(text);
    const bool unclear = caller.kind == Caller::Kind::kDns && absl::StrContains(caller.name, ":");
    if (caller.local() || caller.name.empty() || unclear) {
      return Error(node, absl::StrCat("callers: \"", text,
                                      "\" is no name of a certificate: dns:NAME, uri:URI or "
                                      "cn:NAME; the unix socket's owner needs no rule"));
    }
    callers->push_back({caller.kind, caller.name});
  }
  return absl::OkStatus();
}

absl::Status ConfigReader::ReadPorts(const YamlNode& node, std::vector<PortRange>* ports) {
  std::vector<std::string> texts;
  const absl::Status status = ReadTexts(node, &texts);
  if (!status.ok()) return status;
  for (const std::string& text : texts) {
    const std::vector<std::string> ends = absl::StrSplit(text, absl::MaxSplits('-', 1));
    PortRange range;
    const bool numbers =
        absl::SimpleAtoi(ends.front(), &range.first) && absl::SimpleAtoi(ends.back(), &range.last);
    if (!numbers || range.first < 1 || range.last < range.first || range.last > 65535) {
      return Error(node, absl::StrCat("ports: \"", text,
                                      "\"; expected 1 to 65535, or a range such as 8022-8030"));
    }
    ports->push_back(range);
  }
  if (ports->empty()) return Error(node, "ports: none; leave the key out for the usual ones");
  return absl::OkStatus();
}

// systemd's credentials (systemd.exec(5), LoadCredential) are where a variable says.
absl::Status ConfigReader::ReadSecretPath(const YamlNode& node, std::string* path) {
  absl::Status status = ReadText(node, path);
  if (!status.ok()) return status;
  absl::string_view name = *path;
  if (!absl::ConsumePrefix(&name, kCredentialsVariable)) return ReadPath(node, path);
  const char* const folder = getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr || !absl::ConsumePrefix(&name, "/") || name.empty()) {
    return Error(node, absl::StrCat(node.text, ": expected ", kCredentialsVariable,
                                    "/NAME, in a service of systemd that has LoadCredential=NAME"));
  }
  *path = absl::StrCat(folder, "/", name);
  return absl::OkStatus();
}

absl::Status ConfigReader::ReadSecret(const YamlNode& node, engine::Passphrase* secret) {
  std::string path;
  const absl::Status status = ReadSecretPath(node, &path);
  if (!status.ok()) return status;
  absl::StatusOr<engine::Passphrase> read = engine::ReadPassphraseFile(path);
  if (!read.ok()) return Error(node, read.status().message());
  *secret = *std::move(read);
  return absl::OkStatus();
}

absl::Status ConfigReader::ReadPassword(const YamlNode& node, engine::CredentialSpec* credential) {
  engine::Passphrase password;
  const absl::Status status = ReadSecret(node, &password);
  return status.ok() ? SetPassword(node, "password_file", std::move(password), credential) : status;
}

absl::Status ConfigReader::RunPasswordCommand(const YamlNode& node,
                                              engine::CredentialSpec* credential) {
  std::string command;
  const absl::Status status = ReadText(node, &command);
  if (!status.ok()) return status;
  absl::StatusOr<std::string> line = ReadFromCommand(command);
  if (!line.ok()) {
    return Error(node, absl::StrCat("password_command: ", line.status().message()));
  }
  engine::Passphrase password(*line);
  engine::Passphrase::Wipe(&*line);
  return SetPassword(node, "password_command", std::move(password), credential);
}

absl::Status ConfigReader::SetPassword(const YamlNode& node, absl::string_view what,
                                       engine::Passphrase password,
                                       engine::CredentialSpec* credential) {
  const std::string& text = password.get();
  if (text.empty() || text.size() > kMaxPasswordBytes ||
      text.find_first_of(std::string("\0\r\n", 3)) != std::string::npos) {
    return Error(node, absl::StrCat(node.text, " does not hold one line of 1 to ",
                                    kMaxPasswordBytes, " bytes, without CR and NUL: a password"));
  }
  if (credential->password.has_value()) {
    return Error(node, "password_file and password_command do not go together");
  }
  credential->password = std::move(password);
  credential->password_source = absl::StrCat("the ", what);
  return absl::OkStatus();
}

absl::Status ConfigReader::ReadAnswers(const YamlNode& node,
                                       std::vector<engine::PreparedAnswer>* answers) {
  engine::Passphrase text;
  const absl::Status status = ReadSecret(node, &text);
  if (!status.ok()) return status;
  auto parsed = ParseAnswers(text.get());
  if (!parsed.ok()) {
    return Error(node, absl::StrCat(node.text, ": ", parsed.status().message()));
  }
  for (auto& [question, answer] : *parsed) {
    answers->push_back({question, engine::Passphrase(answer)});
    engine::Passphrase::Wipe(&answer);
  }
  return absl::OkStatus();
}

absl::Status ConfigReader::ReadMethods(const YamlNode& node, std::vector<std::string>* methods) {
  const absl::Status status = ReadTexts(node, methods);
  const std::vector<std::string> known = engine::UsualMethods(false);
  for (const std::string& method : *methods) {
    if (absl::c_linear_search(known, method)) continue;
    return Error(node, absl::StrCat("login_methods: \"", method, "\" is none of ",
                                    absl::StrJoin(known, ", ")));
  }
  return status;
}

absl::Status ConfigReader::ReadHostKeyPolicy(const YamlNode& node, engine::HostKeyPolicy* policy) {
  if (node.text != "strict" && node.text != "accept-new") {
    return Error(node, "host_key_policy is strict or accept-new");
  }
  *policy =
      node.text == "strict" ? engine::HostKeyPolicy::kStrict : engine::HostKeyPolicy::kAcceptNew;
  return absl::OkStatus();
}

absl::Status ConfigReader::ReadFlag(const YamlNode& node, bool* flag) {
  const std::string& text = node.text;
  *flag = text == "yes" || text == "true";
  return *flag || text == "no" || text == "false" ? absl::OkStatus()
                                                  : Error(node, "expected yes or no");
}

absl::Status ConfigReader::ReadText(const YamlNode& node, std::string* text) {
  if (node.kind != YamlNode::Kind::kScalar) return Error(node, "expected one value");
  *text = node.text;
  return absl::OkStatus();
}

absl::Status ConfigReader::ReadPath(const YamlNode& node, std::string* path) {
  const absl::Status status = ReadText(node, path);
  if (status.ok()) *path = Absolute(*path);
  return status;
}

absl::Status ConfigReader::ReadTexts(const YamlNode& node, std::vector<std::string>* texts) {
  if (node.kind == YamlNode::Kind::kScalar) {
    texts->push_back(node.text);
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<const YamlNode*>> items = document_.Items(node);
  if (!items.ok()) return items.status();
  for (const YamlNode* item : *items) {
    texts->emplace_back();
    const absl::Status status = ReadText(*item, &texts->back());
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ConfigReader::ReadPaths(const YamlNode& node, std::vector<std::string>* paths) {
  const absl::Status status = ReadTexts(node, paths);
  for (std::string& path : *paths) path = Absolute(path);
  return status;
}

}  // namespace

absl::StatusOr<Config> ParseConfig(absl::string_view yaml, const std::string& path) {
  absl::StatusOr<YamlDocument> document = YamlDocument::Parse(yaml, path);
  if (!document.ok()) return document.status();
  return ConfigReader(*std::move(document)).Read();
}

absl::StatusOr<Config> LoadConfig(const std::string& path) {
  absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return text.status();
  return ParseConfig(*text, path);
}

}  // namespace muster::service
