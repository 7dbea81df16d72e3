// Tokens, environment variables and tildes in the values of ssh_config(5).
#ifndef SERVICE_SSH_CONFIG_EXPAND_H_
#define SERVICE_SSH_CONFIG_EXPAND_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace muster::service {

using Tokens = std::map<char, std::string>;  // by the letter after '%'

// INVALID_ARGUMENT: a token that is not among them. "%%" is a percent sign.
absl::StatusOr<std::string> ExpandTokens(absl::string_view text, const Tokens& tokens);
// ${NAME} as well. INVALID_ARGUMENT: one that is not set in this process.
absl::StatusOr<std::string> ExpandAll(absl::string_view text, const Tokens& tokens);

// "~", "~/..." and "~USER/..." at the front. NOT_FOUND: no such user. May block (passwd).
absl::StatusOr<std::string> ExpandTilde(absl::string_view path, const std::string& home);

}  // namespace muster::service

#endif  // SERVICE_SSH_CONFIG_EXPAND_H_
