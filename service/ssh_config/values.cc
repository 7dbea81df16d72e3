#include "service/ssh_config/values.h"

#include <netdb.h>
#include <netinet/in.h>

#include <climits>
#include <cstdlib>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "service/ssh_config/expand.h"

namespace muster::service {
namespace {

using Settings = std::vector<Setting>;

absl::Status Bad(const KeywordInfo& info, absl::string_view argument, absl::string_view expected) {
  return absl::InvalidArgumentError(
      absl::StrCat(info.name, " \"", argument, "\": expected ", expected));
}

// One that takes one argument and has one value.
absl::StatusOr<Settings> One(const KeywordInfo& info, std::string value) {
  return Settings{{info.keyword, {std::move(value)}}};
}

absl::optional<int> NumberOf(absl::string_view text) {
  int number = 0;
  if (text.empty() || !absl::SimpleAtoi(text, &number) || number < 0) return absl::nullopt;
  return number;
}

int64_t SecondsOf(char unit) {
  switch (absl::ascii_tolower(unit)) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 60 * 60;
    case 'd':
      return 24 * 60 * 60;
    case 'w':
      return 7 * 24 * 60 * 60;
    default:
      return 0;
  }
}

// "90", "1h30m". None: it is no time, or does not fit into an int.
absl::optional<int> TimeOf(absl::string_view text) {
  if (text.empty()) return absl::nullopt;
  int64_t total = 0;
  while (!text.empty()) {
    const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    int64_t amount = 0;
    if (digits == 0 || !absl::SimpleAtoi(text.substr(0, digits), &amount)) return absl::nullopt;
    text.remove_prefix(digits);
    const int64_t unit = text.empty() ? 1 : SecondsOf(text[0]);
    if (unit == 0 || amount > INT_MAX / unit) return absl::nullopt;
    if (!text.empty()) text.remove_prefix(1);
    total += amount * unit;
    if (total > INT_MAX) return absl::nullopt;
  }
  return static_cast<int>(total);
}

// 0: none.
uint16_t PortOf(const std::string& text) {
  int number = 0;
  if (absl::SimpleAtoi(text, &number)) {
    return number > 0 && number <= 65535 ? static_cast<uint16_t>(number) : 0;
  }
  char buffer[1024];
  servent entry = {};
  servent* found = nullptr;
  if (getservbyname_r(text.c_str(), "tcp", &entry, buffer, sizeof(buffer), &found) != 0) return 0;
  return found == nullptr ? 0 : ntohs(static_cast<uint16_t>(found->s_port));
}

absl::StatusOr<Settings> TakeChoice(const KeywordInfo& info, const std::string& argument) {
  const std::string given = absl::AsciiStrToLower(argument);
  for (const absl::string_view choice : absl::StrSplit(info.choices, ' ')) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(choice, absl::MaxSplits('=', 1));
    if (parts.first != given) continue;
    return One(info, std::string(parts.second.empty() ? parts.first : parts.second));
  }
  return Bad(info, argument, absl::StrCat("one of ", info.choices));
}

absl::StatusOr<Settings> TakeFlag(const KeywordInfo& info, const std::string& argument) {
  const std::string given = absl::AsciiStrToLower(argument);
  if (given == "yes" || given == "true") return One(info, "yes");
  if (given == "no" || given == "false") return One(info, "no");
  return Bad(info, argument, "yes or no");
}

absl::StatusOr<Settings> TakeTime(const KeywordInfo& info, const std::string& argument) {
  if (argument == "none") return Settings();
  const absl::optional<int> seconds = TimeOf(argument);
  if (!seconds.has_value()) return Bad(info, argument, "a time, such as 30 or 1m30s");
  return One(info, absl::StrCat(*seconds));
}

absl::StatusOr<Settings> TakeNumber(const KeywordInfo& info, const std::string& argument) {
  const absl::optional<int> number = NumberOf(argument);
  if (!number.has_value()) return Bad(info, argument, "a number");
  return One(info, absl::StrCat(*number));
}

absl::StatusOr<Settings> TakePort(const KeywordInfo& info, const std::string& argument) {
  const uint16_t port = PortOf(argument);
  if (port == 0) return Bad(info, argument, "a port");
  return One(info, absl::StrCat(port));
}

// Whether all ${NAMES} are there, with a value each.
bool VariablesAreSet(absl::string_view text) {
  for (size_t at = text.find("${"); at != absl::string_view::npos; at = text.find("${", at)) {
    const size_t end = text.find('}', at);
    if (end == absl::string_view::npos || end == at + 2) return false;
    const absl::string_view name = text.substr(at + 2, end - at - 2);
    if (!VariableOf(name).has_value()) return false;
    at = end;
  }
  return true;
}

bool IsName(absl::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    if (!absl::ascii_isalnum(c) && c != '_') return false;
  }
  return true;
}

absl::StatusOr<Settings> TakeAgent(const KeywordInfo& info, const std::string& argument) {
  if (argument == "${SSH_AUTH_SOCK}") return One(info, "SSH_AUTH_SOCK");
  if (!VariablesAreSet(argument)) {
    return Bad(info, argument, "variables that the daemon knows, such as ${HOME}");
  }
  const bool by_name = argument[0] == '$' && !absl::StartsWith(argument, "${");
  if (by_name && !IsName(argument.substr(1))) return Bad(info, argument, "the name of a variable");
  return One(info, argument);
}

// A path means yes, unless an earlier line says no.
absl::StatusOr<Settings> TakeForwardAgent(const KeywordInfo& info, const std::string& argument) {
  absl::StatusOr<Settings> flag = TakeFlag(info, argument);
  if (flag.ok()) return flag;
  absl::StatusOr<Settings> socket = TakeAgent(info, argument);
  if (!socket.ok()) return socket;
  return Settings{{info.keyword, {"yes"}}, {Keyword::kForwardAgentSocket, {argument}}};
}

absl::StatusOr<Settings> TakeLocalForward(const KeywordInfo& info,
                                          const std::vector<std::string>& arguments) {
  if (arguments.size() < 2) return Bad(info, arguments[0], "whereto after it");
  return Settings{{info.keyword, arguments}};
}

// "16", "4K", "1G"; "default" is 0.
absl::optional<int64_t> BytesOf(absl::string_view text) {
  if (text == "default") return 0;
  int64_t scale = 1;
  const size_t unit = absl::string_view("kmgtpe").find(absl::ascii_tolower(text.back()));
  if (unit != absl::string_view::npos) {
    scale <<= 10 * (unit + 1);
    text.remove_suffix(1);
  }
  int64_t number = 0;
  if (!absl::SimpleAtoi(text, &number) || number < 0 || number > INT64_MAX / scale) {
    return absl::nullopt;
  }
  number *= scale;
  return number != 0 && number < 16 ? absl::nullopt : absl::make_optional(number);
}

absl::StatusOr<Settings> TakeRekey(const KeywordInfo& info,
                                   const std::vector<std::string>& arguments) {
  const absl::optional<int64_t> bytes = BytesOf(arguments[0]);
  if (!bytes.has_value()) return Bad(info, arguments[0], "bytes, such as 1G, at least 16");
  Settings settings = {{Keyword::kRekeyLimit, {absl::StrCat(*bytes)}}};
  if (arguments.size() < 2 || arguments[1] == "none") return settings;
  const absl::optional<int> seconds = TimeOf(arguments[1]);
  if (!seconds.has_value()) return Bad(info, arguments[1], "a time, such as 1h");
  settings.push_back({Keyword::kRekeyInterval, {absl::StrCat(*seconds)}});
  return settings;
}

absl::StatusOr<Settings> TakeWords(const KeywordInfo& info,
                                   const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    const bool none = absl::EqualsIgnoreCase(argument, "none");
    if (none && arguments.size() > 1) return Bad(info, argument, "\"none\" to stand alone");
  }
  return Settings{{info.keyword, arguments}};
}

bool IsDomain(absl::string_view name) {
  if (name.empty() || !absl::ascii_isalnum(name[0])) return false;
  if (absl::StrContains(name, "..")) return false;
  for (const char c : name) {
    if (!absl::ascii_isalnum(c) && c != '.' && c != '-' && c != '_') return false;
  }
  return true;
}

absl::StatusOr<Settings> TakeDomains(const KeywordInfo& info,
                                     const std::vector<std::string>& arguments) {
  absl::StatusOr<Settings> settings = TakeWords(info, arguments);
  if (!settings.ok()) return settings;
  for (std::string& domain : settings->front().values) {
    if (!IsDomain(domain)) return Bad(info, domain, "a domain");
    domain = absl::AsciiStrToLower(absl::StripSuffix(domain, "."));
  }
  return settings;
}

// "*" is "*:*": whatever a name is another one for is followed.
absl::StatusOr<Settings> TakeCnames(const KeywordInfo& info,
                                    const std::vector<std::string>& arguments) {
  absl::StatusOr<Settings> settings = TakeWords(info, arguments);
  if (!settings.ok()) return settings;
  for (std::string& rule : settings->front().values) {
    if (absl::EqualsIgnoreCase(rule, "none")) continue;
    if (rule == "*") rule = "*:*";
    const size_t colon = rule.find(':');
    if (colon == std::string::npos || colon + 1 == rule.size()) {
      return Bad(info, rule, "NAMES:NAMES, \"*\" or \"none\"");
    }
    rule = absl::AsciiStrToLower(rule);
  }
  return settings;
}

absl::StatusOr<Settings> TakeVariables(const KeywordInfo& info,
                                       const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    const bool assigned = absl::StrContains(argument, '=');
    if (info.kind == ValueKind::kSetVariables && !assigned)
      return Bad(info, argument, "NAME=VALUE");
    if (info.kind == ValueKind::kSentVariables && assigned) return Bad(info, argument, "a name");
  }
  return Settings{{info.keyword, arguments}};
}

// All that follows, as OpenSSH takes it: also what looks like a comment.
std::string LineOf(const ConfigLine& line) {
  const size_t begin = line.rest.find_first_not_of(" \t\r\n=");
  return begin == std::string::npos ? "" : line.rest.substr(begin);
}

absl::StatusOr<Settings> TakeJumpHosts(const KeywordInfo& info, const ConfigLine& line) {
  const std::string text = LineOf(line);
  if (absl::EqualsIgnoreCase(text, "none")) return One(info, "");
  const absl::string_view hosts =
      absl::StripTrailingAsciiWhitespace(absl::string_view(text).substr(0, text.find('#')));
  for (const absl::string_view host : absl::StrSplit(hosts, ',')) {
    if (!ParseJumpTarget(host)) return Bad(info, host, "[user@]host[:port], or none");
  }
  return One(info, std::string(hosts));
}

// How many arguments there may be.
size_t MostArguments(ValueKind kind) {
  switch (kind) {
    case ValueKind::kAnything:
    case ValueKind::kWords:
    case ValueKind::kLine:
    case ValueKind::kJumpHosts:
    case ValueKind::kDomains:
    case ValueKind::kCnames:
    case ValueKind::kSentVariables:
    case ValueKind::kSetVariables:
      return SIZE_MAX;
    case ValueKind::kLocalForward:
    case ValueKind::kRekey:
    case ValueKind::kRemoteForward:
      return 2;
    default:
      return 1;
  }
}

absl::Status CheckArguments(const KeywordInfo& info, const ConfigLine& line) {
  const auto& arguments = line.arguments;
  if (info.kind == ValueKind::kAnything || info.kind == ValueKind::kLine ||
      info.kind == ValueKind::kJumpHosts) {
    return absl::OkStatus();
  }
  const bool list = MostArguments(info.kind) == SIZE_MAX;
  if (arguments.empty() && !list) {
    return absl::InvalidArgumentError(absl::StrCat(info.name, " has no argument"));
  }
  for (const std::string& argument : arguments) {
    if (!argument.empty()) continue;
    return absl::InvalidArgumentError(absl::StrCat(info.name, " has an empty argument"));
  }
  if (arguments.size() <= MostArguments(info.kind)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(info.name, " has more arguments than it takes: \"", arguments.back(), "\""));
}

// Of "ssh://user@host:port" what follows the scheme; the user may be followed by parameters.
absl::optional<JumpTarget> ParseUri(absl::string_view text) {
  JumpTarget target;
  if (const size_t at = text.find('@'); at != absl::string_view::npos) {
    const absl::string_view user = text.substr(0, at);
    target.user = std::string(user.substr(0, user.find(';')));
    if (target.user.empty()) return absl::nullopt;
    text.remove_prefix(at + 1);
  }
  absl::ConsumeSuffix(&text, "/");
  absl::optional<JumpTarget> rest = ParseJumpTarget(text);
  if (!rest || !rest->user.empty() || !IsDomain(rest->host)) return absl::nullopt;
  rest->user = std::move(target.user);
  return rest;
}

}  // namespace

absl::optional<JumpTarget> ParseJumpTarget(absl::string_view text) {
  if (absl::ConsumePrefix(&text, "ssh://")) return ParseUri(text);
  JumpTarget target;
  if (const size_t at = text.rfind('@'); at != absl::string_view::npos) {
    if (at == 0) return absl::nullopt;
    target.user = std::string(text.substr(0, at));
    text.remove_prefix(at + 1);
  }
  size_t end = text.find_first_of(":/");
  if (!text.empty() && text[0] == '[') {
    const size_t close = text.find(']');
    if (close == absl::string_view::npos) return absl::nullopt;
    end = close + 1 == text.size() ? absl::string_view::npos : close + 1;
  }
  absl::string_view host = text.substr(0, end);
  if (end != absl::string_view::npos) {
    if (text[end] != ':') return absl::nullopt;
    const std::string port(text.substr(end + 1));
    if (!port.empty() && (target.port = PortOf(port)) == 0) return absl::nullopt;
  }
  if (host.empty()) return absl::nullopt;
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  target.host = std::string(host);
  return target;
}

absl::StatusOr<std::vector<Setting>> ParseSetting(const KeywordInfo& info, const ConfigLine& line) {
  if (absl::Status status = CheckArguments(info, line); !status.ok()) return status;
  const auto& arguments = line.arguments;
  switch (info.kind) {
    case ValueKind::kCondition:
    case ValueKind::kAnything:
      return Settings();
    case ValueKind::kWord:
    case ValueKind::kAlgorithms:
      return One(info, arguments[0]);
    case ValueKind::kWords:
      return TakeWords(info, arguments);
    case ValueKind::kLine:
      return One(info, LineOf(line));
    case ValueKind::kFlag:
      return TakeFlag(info, arguments[0]);
    case ValueKind::kOneOf:
      return TakeChoice(info, arguments[0]);
    case ValueKind::kTime:
      return TakeTime(info, arguments[0]);
    case ValueKind::kNumber:
      return TakeNumber(info, arguments[0]);
    case ValueKind::kPort:
      return TakePort(info, arguments[0]);
    case ValueKind::kAgent:
      return TakeAgent(info, arguments[0]);
    case ValueKind::kFlagOrAgent:
      return TakeForwardAgent(info, arguments[0]);
    case ValueKind::kLocalForward:
      return TakeLocalForward(info, arguments);
    case ValueKind::kRemoteForward:
      return Settings{{info.keyword, arguments}};
    case ValueKind::kRekey:
      return TakeRekey(info, arguments);
    case ValueKind::kJumpHosts:
      return TakeJumpHosts(info, line);
    case ValueKind::kDomains:
      return TakeDomains(info, arguments);
    case ValueKind::kCnames:
      return TakeCnames(info, arguments);
    case ValueKind::kSentVariables:
    case ValueKind::kSetVariables:
      return TakeVariables(info, arguments);
  }
  return Settings();
}

}  // namespace muster::service
