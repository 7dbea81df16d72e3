#include "service/prepare/login_methods.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace muster::service {
namespace {

constexpr size_t kNever = static_cast<size_t>(-1);

// Its place in PreferredAuthentications: what that leaves out is not tried.
size_t PlaceOf(const HostSettings& settings, absl::string_view method) {
  if (!settings.preferred_authentications.has_value()) return 0;
  const std::vector<absl::string_view> methods =
      absl::StrSplit(*settings.preferred_authentications, ',');
  const auto place = std::find(methods.begin(), methods.end(), method);
  return place == methods.end() ? kNever : static_cast<size_t>(place - methods.begin());
}

bool Prefers(const HostSettings& settings, absl::string_view method) {
  return PlaceOf(settings, method) != kNever;
}

}  // namespace

LoginMethods LoginMethodsOf(const HostSettings& s) {
  return {s.pubkey_authentication != "no" && Prefers(s, "publickey"),
          s.password_authentication && Prefers(s, "password"),
          s.kbd_interactive_authentication && Prefers(s, "keyboard-interactive")};
}

bool PrefersAnother(const HostSettings& s) {
  const LoginMethods used = LoginMethodsOf(s);
  const bool both_on = s.password_authentication && s.kbd_interactive_authentication;
  if (both_on && used.password != used.keyboard) return true;
  const size_t keys = PlaceOf(s, "publickey");
  return used.keys && ((used.password && PlaceOf(s, "password") < keys) ||
                       (used.keyboard && PlaceOf(s, "keyboard-interactive") < keys));
}

std::string WhyNoKeys(const HostSettings& settings) {
  if (LoginMethodsOf(settings).keys) return "";
  return absl::StrCat("No key was used: ssh_config has ",
                      settings.pubkey_authentication == "no"
                          ? "PubkeyAuthentication no."
                          : "PreferredAuthentications without publickey.");
}

std::string WhyNoPassword(const HostSettings& settings) {
  const LoginMethods used = LoginMethodsOf(settings);
  if (used.password || used.keyboard) return "";
  const bool off = !settings.password_authentication && !settings.kbd_interactive_authentication;
  return absl::StrCat("The password that was given was not used: ssh_config has ",
                      off ? "PasswordAuthentication no and KbdInteractiveAuthentication no."
                          : "PreferredAuthentications without a method for it that is on.");
}

}  // namespace muster::service
