#include "service/targets/connection_vars.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "proto/nodeset/target.h"
#include "service/targets/located_error.h"
#include "service/targets/ssh_arguments.h"

namespace muster::service {
namespace {

// Not a variable: stands for a file that ansible-vault has encrypted.
constexpr absl::string_view kVault = "vault";

bool ReadAddress(const std::string& text, HostDetails* details) {
  absl::StatusOr<Target> target = ParseTarget(text);
  if (!target.ok() || !target->user.empty() || target->port != 0) return false;
  details->address = target->host;
  return true;
}

bool ReadPort(const std::string& text, HostDetails* details) {
  uint32_t number = 0;
  if (!absl::SimpleAtoi(text, &number) || number == 0 || number > 65535) return false;
  details->port = static_cast<uint16_t>(number);
  return true;
}

bool ReadUser(const std::string& text, HostDetails* details) {
  details->user = text;
  return !text.empty() && std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == 0x7f;
  });
}

// ssh takes a relative path from the folder that it is called in, of which the daemon knows
// nothing.
absl::Status ReadKey(const std::string& path, std::vector<std::string>* options) {
  if (path.empty()) return absl::OkStatus();
  if (path[0] != '/' && path[0] != '~') {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot be \"", path, "\": a path begins with / or ~ here"));
  }
  absl::StatusOr<std::string> option = SshOption("IdentityFile", path);
  if (option.ok()) options->push_back(*std::move(option));
  return option.status();
}

absl::Status ReadArguments(const std::string& arguments, std::vector<std::string>* options) {
  absl::StatusOr<std::vector<std::string>> found = SshOptionsOf(arguments);
  if (found.ok()) *options = *std::move(found);
  return found.status();
}

bool IsEmpty(absl::string_view value) { return value.empty(); }

bool IsSsh(absl::string_view value) {
  const absl::string_view name = value.substr(value.rfind('.') + 1);
  return absl::c_linear_search(
      std::vector<absl::string_view>{"ssh", "smart", "paramiko", "paramiko_ssh"}, name);
}

bool IsPlainSshProgram(absl::string_view value) {
  return value == "ssh" || absl::EndsWith(value, "/ssh");
}

// Ansible's own arguments of sudo, with which it does what Muster has it do.
bool AreUsualFlags(absl::string_view value) {
  constexpr absl::string_view kUsual[] = {"-H", "-S", "-n"};
  for (const absl::string_view flag : absl::StrSplit(value, ' ', absl::SkipEmpty())) {
    if (!absl::c_linear_search(kUsual, flag)) return false;
  }
  return true;
}

bool IsBecomeProgram(absl::string_view value) {
  const absl::string_view name = value.substr(value.rfind('/') + 1);
  return name.empty() || name == "sudo" || name == "su" || name == "doas";
}

bool IsBecomeMethod(absl::string_view value) {
  const absl::string_view name = value.substr(value.rfind('.') + 1);
  return name.empty() || name == "sudo" || name == "su" || name == "doas";
}

struct Variable {
  absl::string_view name;
  std::vector<absl::string_view> also;  // older and other names of the same
  // Null, both: not supported, or of becoming another user.
  bool (*read)(const std::string& text, HostDetails* details);
  absl::Status (*read_options)(const std::string& text, std::vector<std::string>* options);
  // Of these: the values with which Muster does just what Ansible does. Null: all.
  bool (*harmless)(absl::string_view value) = nullptr;
  absl::string_view advice = "";
  bool of_become = false;
};

const std::vector<Variable>& Variables() {
  constexpr absl::string_view kKeys =
      "name a file (ansible_ssh_private_key_file), or give the key for all hosts (muster run -i)";
  constexpr absl::string_view kPassword =
      "give the password for all hosts of a run (muster run --password-file)";
  constexpr absl::string_view kBecomePassword =
      "give the password for all hosts of a run (--become-password-file)";
  constexpr absl::string_view kBecomeMethod = "Muster becomes another user by sudo, su or doas";
  constexpr absl::string_view kBecomeProgram =
      "Muster gives sudo, su and doas arguments of its own, and takes them from the host's PATH";
  static const auto* const kVariables = new std::vector<Variable>{
      {"ansible_host", {"ansible_ssh_host"}, ReadAddress, nullptr},
      {"ansible_port", {"ansible_ssh_port"}, ReadPort, nullptr},
      {"ansible_user", {"ansible_ssh_user"}, ReadUser, nullptr},
      {"ansible_connection", {}, nullptr, nullptr, IsSsh, "Muster reaches every host by SSH"},
      // In the order in which Ansible gives them to ssh (plugins/connection/ssh.py).
      {"ansible_ssh_args", {}, nullptr, ReadArguments},
      {"ansible_ssh_private_key_file", {"ansible_private_key_file"}, nullptr, ReadKey},
      {"ansible_ssh_common_args", {}, nullptr, ReadArguments},
      {"ansible_ssh_extra_args", {}, nullptr, ReadArguments},
      {"ansible_ssh_private_key", {"ansible_private_key"}, nullptr, nullptr, IsEmpty, kKeys},
      {"ansible_password",
       {"ansible_ssh_pass", "ansible_ssh_password"},
       nullptr,
       nullptr,
       IsEmpty,
       kPassword},
      {"ansible_ssh_executable", {}, nullptr, nullptr, IsPlainSshProgram, "Muster starts no ssh"},
      {"ansible_become", {"ansible_sudo", "ansible_su"}, nullptr, nullptr, nullptr, "", true},
      {"ansible_become_user",
       {"ansible_sudo_user", "ansible_su_user", "ansible_doas_user"},
       nullptr,
       nullptr,
       nullptr,
       "",
       true},
      {"ansible_become_method", {}, nullptr, nullptr, IsBecomeMethod, kBecomeMethod, true},
      {"ansible_become_password",
       {"ansible_become_pass", "ansible_sudo_pass", "ansible_su_pass", "ansible_doas_pass"},
       nullptr,
       nullptr,
       IsEmpty,
       kBecomePassword,
       true},
      {"ansible_become_exe",
       {"ansible_sudo_exe", "ansible_su_exe", "ansible_doas_exe"},
       nullptr,
       nullptr,
       IsBecomeProgram,
       kBecomeProgram,
       true},
      {"ansible_become_flags",
       {"ansible_sudo_flags", "ansible_su_flags", "ansible_doas_flags"},
       nullptr,
       nullptr,
       AreUsualFlags,
       kBecomeProgram,
       true},
  };
  return *kVariables;
}

const Variable* Find(absl::string_view key) {
  const auto it = absl::c_find_if(Variables(), [key](const Variable& variable) {
    return variable.name == key || absl::c_linear_search(variable.also, key);
  });
  return it == Variables().end() ? nullptr : &*it;
}

absl::Status TakeOptions(const Variable& variable, const std::string& value, HostDetails* details) {
  std::vector<std::string> options;
  const absl::Status status = variable.read_options(value, &options);
  for (std::string& option : options) {
    details->ssh_options.push_back({std::string(variable.name), std::move(option)});
  }
  return status;
}

// Ansible works these out, with secrets and programs that Muster does not have.
absl::string_view NotAValue(absl::string_view value) {
  if (absl::StrContains(value, "{{")) return "is a template, which only Ansible works out";
  if (absl::StartsWith(value, "$ANSIBLE_VAULT")) return "is encrypted by ansible-vault";
  return "";
}

// The problem with it; empty: there is none.
std::string Take(const Variable& variable, const std::string& value, HostDetails* details) {
  const absl::string_view why = NotAValue(value);
  if (!why.empty()) return absl::StrCat(why, "; write the value");
  if (variable.read_options != nullptr) {
    return std::string(TakeOptions(variable, value, details).message());
  }
  if (variable.read != nullptr) {
    return variable.read(value, details) ? "" : absl::StrCat("cannot be \"", value, "\"");
  }
  const bool harmless = variable.harmless == nullptr || variable.harmless(value);
  return harmless ? "" : absl::StrCat("is not supported: ", variable.advice);
}

}  // namespace

void ConnectionVars::Set(absl::string_view key, absl::string_view value, const std::string& file,
                         int line) {
  if (!absl::StartsWith(key, "ansible_")) return;
  if (const Variable* variable = Find(key)) {
    settings_[variable->name] = {std::string(value), &file, line};
  }
}

void ConnectionVars::SetEncrypted(const std::string& file) { settings_[kVault] = {"", &file, 0}; }

void ConnectionVars::Override(const ConnectionVars& other) {
  for (const auto& [name, setting] : other.settings_) settings_[name] = setting;
}

HostDetails ConnectionVars::Settle() const {
  HostDetails details;
  if (const auto vault = settings_.find(kVault); vault != settings_.end()) {
    AddProblem(kVault, vault->second,
               "has encrypted this file; what it says of connecting is not known", &details);
  }
  for (const Variable& variable : Variables()) {
    const auto it = settings_.find(variable.name);
    if (it == settings_.end()) continue;
    const Setting& setting = it->second;
    const std::string problem = Take(variable, setting.value, &details);
    if (variable.of_become) {
      details.become.push_back({std::string(variable.name), problem.empty() ? setting.value : "",
                                PlaceOf(*setting.file, setting.line), problem});
    } else if (!problem.empty()) {
      AddProblem(variable.name, setting, problem, &details);
    }
  }
  return details;
}

void ConnectionVars::AddProblem(absl::string_view name, const Setting& setting,
                                absl::string_view what, HostDetails* details) {
  details->problems.push_back({std::string(name), absl::StrCat(PlaceOf(*setting.file, setting.line),
                                                               ": ", name, " ", what)});
}

}  // namespace muster::service
