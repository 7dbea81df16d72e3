#include "service/prepare/login_methods.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace muster::service {
namespace {

using engine::kGssapi;
using engine::kKeyboardInteractive;
using engine::kNone;
using engine::kPasswordMethod;
using engine::kPublickey;
using Methods = std::vector<std::string>;

// The file's switches. Whether there is anything to offer is another question.
bool IsOn(const HostSettings& s, absl::string_view method) {
  if (method == kPublickey) return s.pubkey_authentication != "no";
  if (method == kPasswordMethod) return s.password_authentication;
  if (method == kKeyboardInteractive) return s.kbd_interactive_authentication;
  return method == kGssapi || method == kNone;
}

// As ssh, which always begins with "none", whatever it prefers.
Methods PreferredOf(const HostSettings& settings) {
  Methods methods = absl::StrSplit(*settings.preferred_authentications, ',', absl::SkipEmpty());
  if (!absl::c_linear_search(methods, kNone)) methods.emplace_back(kNone);
  return methods;
}

Methods WantedOf(const HostSettings& settings, const engine::CredentialSpec& given) {
  if (!given.methods.empty()) return given.methods;
  if (settings.preferred_authentications.has_value()) return PreferredOf(settings);
  return engine::UsualMethods(!given.answers.empty());
}

// Where it was the file alone that left them out.
std::string Why(const HostSettings& settings, const engine::CredentialSpec& given,
                absl::string_view what, bool off, absl::string_view switches,
                absl::string_view methods) {
  if (off) return absl::StrCat(what, ": ssh_config has ", switches, ".");
  if (!given.methods.empty() || !settings.preferred_authentications.has_value()) return "";
  return absl::StrCat(what, ": ssh_config has PreferredAuthentications without ", methods, ".");
}

}  // namespace

Methods LoginMethodsOf(const HostSettings& settings, const engine::CredentialSpec& given) {
  Methods methods = WantedOf(settings, given);
  const size_t wanted = methods.size();
  methods.erase(std::remove_if(methods.begin(), methods.end(),
                               [&](const std::string& name) { return !IsOn(settings, name); }),
                methods.end());
  const bool usual = given.methods.empty() && !settings.preferred_authentications.has_value();
  if (usual && methods.size() == wanted) return {};
  if (methods.empty()) methods.emplace_back(kNone);  // else it would be all of them
  return methods;
}

bool IsTried(const Methods& methods, absl::string_view method) {
  return methods.empty() || absl::c_linear_search(methods, method);
}

std::string WhyNoKeys(const HostSettings& settings, const engine::CredentialSpec& given) {
  return Why(settings, given, "No key was used", settings.pubkey_authentication == "no",
             "PubkeyAuthentication no", kPublickey);
}

std::string WhyNoPassword(const HostSettings& settings, const engine::CredentialSpec& given) {
  const bool off = !settings.password_authentication && !settings.kbd_interactive_authentication;
  return Why(settings, given, "The password that was given was not used", off,
             "PasswordAuthentication no and KbdInteractiveAuthentication no",
             "a method for it that is on");
}

std::string WhyNoAnswers(const HostSettings& settings, const engine::CredentialSpec& given) {
  return Why(settings, given, "The answers that were given were not used",
             !settings.kbd_interactive_authentication, "KbdInteractiveAuthentication no",
             kKeyboardInteractive);
}

}  // namespace muster::service
