#include "client/commands/password.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/commands/secret_prompt.h"
#include "client/options/login_options.h"
#include "client/options/secret_file.h"
#include "proto/contract/limits.h"

namespace muster::client {
namespace {

constexpr char kVariable[] = "MUSTER_PASSWORD";

absl::Status Invalid(absl::string_view source, absl::string_view problem) {
  return absl::InvalidArgumentError(absl::StrCat(source, ": ", problem));
}

// "": none of them.
std::string SourceOf(const Options& options, const std::string& from_environment) {
  if (!options.password_file.empty()) return "--password-file";
  if (options.ask_password) return "--ask-password";
  const bool own_login = options.subcommand == Subcommand::kRerun && !GivesLogin(options);
  if (from_environment.empty() || !options.credential.empty() || own_login) return "";
  return absl::StrCat("$", kVariable);
}

// `what`: "password".
absl::Status CheckServer(absl::string_view source, absl::string_view what,
                         const ServerAddress& server) {
  if (!server.is_unix()) {
    return Invalid(source, absl::StrCat("musterd at ", server.target, " is shared and takes no ",
                                        what, "; use --credential"));
  }
  if (MayHaveSecrets(server)) return absl::OkStatus();
  return Invalid(source, absl::StrCat("a ", what, " is sent to your own musterd or root's, not to ",
                                      "that of --server-user"));
}

absl::Status CheckSecret(absl::string_view source, absl::string_view what,
                         const std::string& secret) {
  if (secret.empty()) {
    return Invalid(source, absl::StrCat("the ", what,
                                        " is empty; who has none logs in without these options"));
  }
  if (secret.size() > kMaxPasswordBytes) {
    return Invalid(source, absl::StrCat("the ", what, " has ", secret.size(), " bytes; at most ",
                                        kMaxPasswordBytes));
  }
  if (secret.find_first_of(std::string("\0\r\n", 3)) == std::string::npos) {
    return absl::OkStatus();
  }
  return Invalid(source, absl::StrCat("the ", what,
                                      " has a second line, a carriage return or a NUL byte; one "
                                      "line is expected"));
}

absl::StatusOr<std::string> Read(const Options& options, const std::string& from_environment) {
  if (!options.password_file.empty()) {
    ForbidLookingIn();
    const absl::StatusOr<std::string> text = ReadSecretFile(options.password_file);
    return text.ok() ? text : Invalid("--password-file", text.status().message());
  }
  if (!options.ask_password) return from_environment;
  return AskSecret("Password", "--ask-password",
                   absl::StrCat("use --password-file FILE or $", kVariable));
}

}  // namespace

std::string TakePasswordFromEnvironment() {
  char* const value = getenv(kVariable);
  if (value == nullptr) return "";
  ForbidLookingIn();
  const std::string password = value;
  OPENSSL_cleanse(value, strlen(value));
  unsetenv(kVariable);
  return password;
}

absl::StatusOr<std::string> FindPassword(const Options& options, const ServerAddress& server,
                                         const std::string& from_environment) {
  const std::string source = SourceOf(options, from_environment);
  if (source.empty()) return std::string();
  const absl::Status wanted = CheckServer(source, "password", server);
  if (!wanted.ok()) return wanted;
  const absl::StatusOr<std::string> password = Read(options, from_environment);
  if (!password.ok()) return password;
  const absl::Status valid = CheckSecret(source, "password", *password);
  if (!valid.ok()) return valid;
  return password;
}

}  // namespace muster::client
