// Tokens, environment variables and tildes in the values of ssh_config(5).
#ifndef SERVICE_SSH_CONFIG_EXPAND_H_
#define SERVICE_SSH_CONFIG_EXPAND_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace muster::service {

using Tokens = std::map<char, std::string>;  // by the letter after '%'

// INVALID_ARGUMENT: a token that is not among them. "%%" is a percent sign.
absl::StatusOr<std::string> ExpandTokens(absl::string_view text, const Tokens& tokens);
// ${NAME} as well. INVALID_ARGUMENT: one that VariableOf does not have.
absl::StatusOr<std::string> ExpandAll(absl::string_view text, const Tokens& tokens);
// Of this process, but only those that are the same wherever a user is logged in: HOME, LOGNAME,
// USER and XDG_RUNTIME_DIR. All others are the caller's, who may not be where the daemon was
// started.
absl::optional<std::string> VariableOf(absl::string_view name);

// "~", "~/..." and "~USER/..." at the front. NOT_FOUND: no such user. May block (passwd).
absl::StatusOr<std::string> ExpandTilde(absl::string_view path, const std::string& home);

}  // namespace muster::service

#endif  // SERVICE_SSH_CONFIG_EXPAND_H_
