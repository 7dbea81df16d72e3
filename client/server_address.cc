#include "client/server_address.h"

#include <unistd.h>

#include <cstdlib>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace muster::client {

std::string FromEnvironment(const char* name) {
  const char* value = getenv(name);
  return value != nullptr ? value : "";
}

std::string OwnSocketPath() {
  const std::string runtime = FromEnvironment("XDG_RUNTIME_DIR");
  return runtime.empty() ? absl::StrCat("/tmp/muster-", geteuid(), "/musterd.sock")
                         : absl::StrCat(runtime, "/muster/musterd.sock");
}

absl::StatusOr<ServerAddress> ChooseServer(absl::string_view given) {
  if (given.empty()) return ServerAddress{absl::StrCat("unix:", OwnSocketPath()), true};
  const bool unix_path = absl::StartsWith(given, "unix:/");
  const bool host_port = !absl::StartsWith(given, "unix:") && absl::StrContains(given, ':') &&
                         !absl::StrContains(given, '/');
  if (unix_path || host_port) return ServerAddress{std::string(given), false};
  return absl::InvalidArgumentError(
      absl::StrCat("\"", given, "\" is no address of a musterd: write HOST:PORT, or unix:/PATH"));
}

}  // namespace muster::client
