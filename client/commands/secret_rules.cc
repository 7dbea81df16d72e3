#include "client/commands/secret_rules.h"

#include "absl/strings/str_cat.h"
#include "proto/contract/limits.h"

namespace muster::client {

absl::Status InvalidSecret(absl::string_view source, absl::string_view problem) {
  return absl::InvalidArgumentError(absl::StrCat(source, ": ", problem));
}

absl::Status CheckSecretServer(absl::string_view source, absl::string_view what,
                               const ServerAddress& server) {
  if (!server.is_unix()) {
    return InvalidSecret(
        source, absl::StrCat("musterd at ", server.target, " is shared and takes no ", what,
                             "; use --credential"));
  }
  if (MayHaveSecrets(server)) return absl::OkStatus();
  return InvalidSecret(source, absl::StrCat("a ", what,
                                            " is sent to your own musterd or root's, not to that "
                                            "of --server-user"));
}

absl::Status CheckSecret(absl::string_view source, absl::string_view what,
                         const std::string& secret) {
  if (secret.empty()) {
    return InvalidSecret(
        source,
        absl::StrCat("the ", what, " is empty; who has none logs in without these options"));
  }
  if (secret.size() > kMaxPasswordBytes) {
    return InvalidSecret(source, absl::StrCat("the ", what, " has ", secret.size(),
                                              " bytes; at most ", kMaxPasswordBytes));
  }
  if (secret.find_first_of(std::string("\0\r\n", 3)) == std::string::npos) {
    return absl::OkStatus();
  }
  return InvalidSecret(source,
                       absl::StrCat("the ", what,
                                    " has a second line, a carriage return or a NUL byte; one line "
                                    "is expected"));
}

}  // namespace muster::client
