// Arguments of ssh(1), as an inventory has them for its hosts.
#ifndef SERVICE_TARGETS_SSH_ARGUMENTS_H_
#define SERVICE_TARGETS_SSH_ARGUMENTS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace muster::service {

// What `arguments`, written for a shell, tell ssh, each as its -o would ("ProxyJump=gate"), in
// their order; those that have no part in reaching a host, such as -q, are left out. What the
// options say is not looked at. INVALID_ARGUMENT: a quote is not closed, or an argument that Muster
// cannot follow, by name.
absl::StatusOr<std::vector<std::string>> SshOptionsOf(absl::string_view arguments);

// "IdentityFile=PATH", with quotes where the path needs them. INVALID_ARGUMENT: it has a quote.
absl::StatusOr<std::string> SshOption(absl::string_view keyword, absl::string_view value);

}  // namespace muster::service

#endif  // SERVICE_TARGETS_SSH_ARGUMENTS_H_
