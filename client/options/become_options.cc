#include "client/options/become_options.h"

#include "absl/strings/str_cat.h"

namespace muster::client {
namespace {

v1::BecomeMethod MethodOf(const std::string& method) {
  if (method == "su") return v1::BECOME_METHOD_SU;
  return method == "doas" ? v1::BECOME_METHOD_DOAS : v1::BECOME_METHOD_SUDO;
}

// What means nothing without --become; a command that ran as the wrong user would be worse than
// none.
absl::Status CheckAlone(const BecomeOptions& options, const std::string& password) {
  const char* const option = !options.method.empty()    ? "--become-method"
                             : options.keep_environment ? "--become-keep-env"
                             : !password.empty()        ? "a password to become another user with"
                                                        : "";
  if (*option == '\0') return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(option, ": it counts only with --become"));
}

}  // namespace

absl::Status FillBecome(const BecomeOptions& options, const std::string& password,
                        v1::RunSpec* spec) {
  if (options.user.empty()) return CheckAlone(options, password);
  v1::Become* const become = spec->mutable_become();
  become->set_user(options.user);
  become->set_method(MethodOf(options.method));
  become->set_password(password);
  become->set_keep_environment(options.keep_environment);
  return absl::OkStatus();
}

}  // namespace muster::client
