#include "service/ssh_config/config_pass.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "service/ssh_config/expand.h"
#include "service/ssh_config/patterns.h"

namespace muster::service {
namespace {

size_t SlotOf(Keyword keyword) { return static_cast<size_t>(keyword); }

// One that was named already is not taken again.
void AddFile(const std::string& path, bool users, std::vector<std::pair<std::string, bool>>* known,
             std::vector<std::string>* files) {
  std::pair<std::string, bool> entry(path, users);
  if (absl::c_linear_search(*known, entry)) return;
  known->push_back(std::move(entry));
  files->push_back(path);
}

absl::string_view NameOf(absl::string_view assignment) {
  return assignment.substr(0, assignment.find('='));
}

absl::Status At(const ConfigFile& file, const ConfigItem& item, const absl::Status& status) {
  if (absl::StrContains(status.message(), file.path)) return status;
  return absl::Status(status.code(),
                      absl::StrCat(PlaceOf(file, item.line), ": ", status.message()));
}

}  // namespace

ConfigPass::ConfigPass(const LocalUser& local, const std::string& host, Exec exec)
    : local_(local), host_(host) {
  subject_.original_host = host;
  subject_.local_user = local.name;
  subject_.exec = std::move(exec);
}

void ConfigPass::Preset(Keyword keyword, std::string value) {
  presets_.push_back({std::move(value)});
  values_[SlotOf(keyword)] = &presets_.back();
}

void ConfigPass::BeginFinal(const std::string& host) {
  subject_.final_pass = true;
  host_ = host;
  Preset(Keyword::kHostname, host);
  // What the name was made with stays.
  constexpr std::pair<Keyword, const char*> kMadeWith[] = {
      {Keyword::kCanonicalizeHostname, "no"},
      {Keyword::kCanonicalizeMaxDots, "1"},
      {Keyword::kCanonicalizeFallbackLocal, "yes"}};
  for (const auto& [keyword, value] : kMadeWith) {
    if (Get(keyword) == nullptr) Preset(keyword, value);
  }
}

const std::vector<std::string>* ConfigPass::GetAll(Keyword keyword) const {
  return values_[SlotOf(keyword)];
}

const std::string* ConfigPass::Get(Keyword keyword) const {
  const std::vector<std::string>* const values = GetAll(keyword);
  return values == nullptr ? nullptr : &values->front();
}

std::vector<std::string> ConfigPass::set_env() const {
  std::vector<std::string> variables;
  const std::vector<std::string>* const line = GetAll(Keyword::kSetEnv);
  if (line == nullptr) return variables;
  for (const std::string& variable : *line) {
    const bool known = absl::c_any_of(
        variables, [&](const std::string& other) { return NameOf(other) == NameOf(variable); });
    if (!known) variables.push_back(variable);
  }
  return variables;
}

absl::Status ConfigPass::Read(const ConfigFile& file) {
  bool active = true;
  return ReadItems(file, /*never=*/false, &active);
}

absl::Status ConfigPass::ReadItems(const ConfigFile& file, bool never, bool* active) {
  for (size_t i = 0; i < file.items.size(); ++i) {
    const ConfigItem& item = file.items[i];
    const absl::Status status = ReadItem(file, item, never, active);
    if (!status.ok()) return At(file, item, status);
    // A file may have a block for each of thousands of hosts.
    const auto* block = absl::get_if<HostPatterns>(&item.what);
    if (block != nullptr && !*active) i += block->settings;
  }
  return absl::OkStatus();
}

absl::Status ConfigPass::ReadItem(const ConfigFile& file, const ConfigItem& item, bool never,
                                  bool* active) {
  if (const auto* setting = absl::get_if<Setting>(&item.what)) {
    if (*active) Set(file, *setting);
  } else if (const auto* patterns = absl::get_if<HostPatterns>(&item.what)) {
    *active = !never && MatchesHost(*patterns);
  } else if (const auto* criteria = absl::get_if<MatchCriteria>(&item.what)) {
    return ReadMatch(*criteria, never, active);
  } else if (const auto* included = absl::get_if<IncludedFiles>(&item.what)) {
    return ReadIncluded(*included, never, active);
  } else if (const auto* unknown = absl::get_if<UnknownKeyword>(&item.what)) {
    return CheckUnknown(unknown->name);
  }
  return absl::OkStatus();
}

// What a Host or Match within a file that is included selects ends with that file.
absl::Status ConfigPass::ReadIncluded(const IncludedFiles& included, bool never, bool* active) {
  const bool before = *active;
  for (const std::shared_ptr<const ConfigFile>& file : included.files) {
    if (absl::Status status = ReadItems(*file, never || !before, active); !status.ok()) {
      return status;
    }
    *active = before;
  }
  return absl::OkStatus();
}

absl::Status ConfigPass::ReadMatch(const MatchCriteria& criteria, bool never, bool* active) {
  bool runs = false;
  for (const Criterion& criterion : criteria) {
    wants_final_ = wants_final_ || criterion.kind == Criterion::Kind::kFinal;
    runs = runs || criterion.kind == Criterion::Kind::kExec;
  }
  if (absl::Status status = UpdateSubject(); !status.ok()) return status;
  if (runs) subject_.tokens = TokensSoFar();
  const absl::StatusOr<bool> holds = Holds(criteria, subject_);
  if (!holds.ok()) return holds.status();
  *active = !never && *holds;
  return absl::OkStatus();
}

absl::Status ConfigPass::UpdateSubject() {
  const std::string* const user = Get(Keyword::kUser);
  const std::string* const hostname = Get(Keyword::kHostname);
  const std::string* const tag = Get(Keyword::kTag);
  subject_.user = user != nullptr ? *user : local_.name;
  subject_.tag = tag != nullptr ? *tag : "";
  subject_.host = host_;
  if (hostname == nullptr || subject_.final_pass) return absl::OkStatus();
  absl::StatusOr<std::string> host = ExpandTokens(*hostname, {{'h', host_}});
  if (!host.ok()) return host.status();
  subject_.host = *std::move(host);
  return absl::OkStatus();
}

Tokens ConfigPass::TokensSoFar() const {
  const std::string* const port = Get(Keyword::kPort);
  const std::string* const alias = Get(Keyword::kHostKeyAlias);
  TokenSubject subject;
  subject.host = subject_.host;
  subject.original = subject_.original_host;
  subject.alias = alias != nullptr ? *alias : subject_.host;  // so does ssh, here only
  subject.user = subject_.user;
  if (port != nullptr) subject.port = static_cast<uint16_t>(std::stoi(*port));
  return TokensOf(local_, subject);
}

absl::Status ConfigPass::CheckUnknown(const std::string& keyword) const {
  const std::string* const ignored = Get(Keyword::kIgnoreUnknown);
  if (ignored != nullptr && MatchesList(keyword, *ignored, /*lower=*/true)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("\"", keyword, "\" is not known to ssh"));
}

bool ConfigPass::MatchesHost(const HostPatterns& patterns) const {
  bool found = false;
  for (absl::string_view pattern : patterns.patterns) {
    const bool negated = absl::ConsumePrefix(&pattern, "!");
    if (!MatchesPattern(host_, pattern)) continue;
    if (negated) return false;
    found = true;
  }
  return found;
}

void ConfigPass::Set(const ConfigFile& file, const Setting& setting) {
  if (setting.values.empty()) return;
  if (setting.keyword == Keyword::kIdentityFile) {
    return AddFile(setting.values[0], file.users, &identities_, &identity_files_);
  }
  if (setting.keyword == Keyword::kCertificateFile) {
    return AddFile(setting.values[0], file.users, &certificates_, &certificate_files_);
  }
  if (setting.keyword == Keyword::kSendEnv) return Send(setting.values);
  if (setting.keyword == Keyword::kProxyJump) return Jump(setting.values);
  const std::vector<std::string>*& slot = values_[SlotOf(setting.keyword)];
  if (slot == nullptr) slot = &setting.values;
}

// Whichever of ProxyJump and ProxyCommand is first counts, but for ProxyJump none, which keeps
// later ones of its own kind away only.
void ConfigPass::Jump(const std::vector<std::string>& hosts) {
  static const auto& no_command = *new std::vector<std::string>{"none"};
  const std::vector<std::string>*& jump = values_[SlotOf(Keyword::kProxyJump)];
  const std::vector<std::string>*& command = values_[SlotOf(Keyword::kProxyCommand)];
  const bool none = hosts[0].empty();
  if (jump != nullptr || (!none && command != nullptr)) return;
  jump = &hosts;
  if (!none) command = &no_command;
}

// "-PATTERN" takes away what was to be sent so far.
void ConfigPass::Send(const std::vector<std::string>& patterns) {
  for (absl::string_view pattern : patterns) {
    if (!absl::ConsumePrefix(&pattern, "-")) {
      send_env_.emplace_back(pattern);
      continue;
    }
    send_env_.erase(std::remove_if(send_env_.begin(), send_env_.end(),
                                   [pattern](const std::string& name) {
                                     return MatchesPattern(name, pattern);
                                   }),
                    send_env_.end());
  }
}

}  // namespace muster::service
