#include "service/targets/connection_vars.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "proto/nodeset/target.h"

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

bool IsEmpty(absl::string_view value) { return value.empty(); }

// As Ansible's boolean() reads it.
bool IsFalse(absl::string_view value) {
  const std::string lower = absl::AsciiStrToLower(value);
  return absl::c_linear_search(
      std::vector<absl::string_view>{"", "no", "n", "false", "f", "off", "0", "0.0"}, lower);
}

bool IsSsh(absl::string_view value) {
  const absl::string_view name = value.substr(value.rfind('.') + 1);
  return absl::c_linear_search(
      std::vector<absl::string_view>{"ssh", "smart", "paramiko", "paramiko_ssh"}, name);
}

bool IsPlainSshProgram(absl::string_view value) {
  return value == "ssh" || absl::EndsWith(value, "/ssh");
}

struct Variable {
  absl::string_view name;
  std::vector<absl::string_view> also;  // older and other names of the same
  // Null: not supported.
  bool (*read)(const std::string& text, HostDetails* details);
  // Of those: the values with which Muster does just what Ansible does.
  bool (*harmless)(absl::string_view value);
  absl::string_view advice;
};

const std::vector<Variable>& Variables() {
  constexpr absl::string_view kKeys = "give the key for all hosts of a run (muster run -i)";
  constexpr absl::string_view kJump = "jump hosts are given for all hosts of a run (muster run -J)";
  constexpr absl::string_view kPassword =
      "give the password for all hosts of a run (muster run --password-file)";
  constexpr absl::string_view kBecome =
      "the command runs as the user who logs in; write sudo into the command";
  static const auto* const kVariables = new std::vector<Variable>{
      {"ansible_host", {"ansible_ssh_host"}, ReadAddress, nullptr, ""},
      {"ansible_port", {"ansible_ssh_port"}, ReadPort, nullptr, ""},
      {"ansible_user", {"ansible_ssh_user"}, ReadUser, nullptr, ""},
      {"ansible_connection", {}, nullptr, IsSsh, "Muster reaches every host by SSH"},
      {"ansible_ssh_private_key_file", {"ansible_private_key_file"}, nullptr, IsEmpty, kKeys},
      {"ansible_ssh_private_key", {"ansible_private_key"}, nullptr, IsEmpty, kKeys},
      {"ansible_password",
       {"ansible_ssh_pass", "ansible_ssh_password"},
       nullptr,
       IsEmpty,
       kPassword},
      {"ansible_ssh_common_args", {}, nullptr, IsEmpty, kJump},
      {"ansible_ssh_extra_args", {}, nullptr, IsEmpty, kJump},
      {"ansible_ssh_args", {}, nullptr, IsEmpty, kJump},
      {"ansible_ssh_executable", {}, nullptr, IsPlainSshProgram, "Muster starts no ssh"},
      {"ansible_become", {"ansible_sudo", "ansible_su"}, nullptr, IsFalse, kBecome},
  };
  return *kVariables;
}

const Variable* Find(absl::string_view key) {
  const auto it = absl::c_find_if(Variables(), [key](const Variable& variable) {
    return variable.name == key || absl::c_linear_search(variable.also, key);
  });
  return it == Variables().end() ? nullptr : &*it;
}

// Ansible works these out, with secrets and programs that Muster does not have.
absl::string_view NotAValue(absl::string_view value) {
  if (absl::StrContains(value, "{{")) return "is a template, which only Ansible works out";
  if (absl::StartsWith(value, "$ANSIBLE_VAULT")) return "is encrypted by ansible-vault";
  return "";
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
  const auto problem = [&](absl::string_view name, const Setting& setting, absl::string_view what) {
    const std::string line = setting.line == 0 ? "" : absl::StrCat(":", setting.line);
    details.problems.push_back(
        {std::string(name), absl::StrCat(*setting.file, line, ": ", name, " ", what)});
  };
  for (const auto& [name, setting] : settings_) {
    if (name == kVault) {
      problem(name, setting, "has encrypted this file; what it says of connecting is not known");
      continue;
    }
    const Variable& variable = *Find(name);
    if (const absl::string_view text = NotAValue(setting.value); !text.empty()) {
      problem(name, setting, absl::StrCat(text, "; write the value"));
    } else if (variable.read == nullptr) {
      if (variable.harmless(setting.value)) continue;
      problem(name, setting, absl::StrCat("is not supported: ", variable.advice));
    } else if (!variable.read(setting.value, &details)) {
      problem(name, setting, absl::StrCat("cannot be \"", setting.value, "\""));
    }
  }
  return details;
}

}  // namespace muster::service
