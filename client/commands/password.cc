#include "client/commands/password.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/commands/secret_prompt.h"
#include "client/commands/secret_rules.h"
#include "client/options/login_options.h"
#include "client/options/secret_file.h"
#include "proto/contract/secret_command.h"

namespace muster::client {
namespace {

constexpr char kVariable[] = "MUSTER_PASSWORD";

// "": none of them.
std::string SourceOf(const Options& options, const std::string& from_environment) {
  if (!options.password_file.empty()) return "--password-file";
  if (options.ask_password) return "--ask-password";
  if (!options.password_command.empty()) return "--password-command";
  const bool own_login = options.subcommand == Subcommand::kRerun && !GivesLogin(options);
  if (from_environment.empty() || !options.credential.empty() || own_login) return "";
  return absl::StrCat("$", kVariable);
}

absl::StatusOr<std::string> Run(const std::string& command) {
  ForbidLookingIn();
  const absl::StatusOr<std::string> line = ReadFromCommand(command);
  return line.ok() ? line : InvalidSecret("--password-command", line.status().message());
}

absl::StatusOr<std::string> Read(const Options& options, const std::string& from_environment) {
  if (!options.password_file.empty()) {
    ForbidLookingIn();
    const absl::StatusOr<std::string> text = ReadSecretFile(options.password_file);
    return text.ok() ? text : InvalidSecret("--password-file", text.status().message());
  }
  if (!options.password_command.empty()) return Run(options.password_command);
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
  const absl::Status wanted = CheckSecretServer(source, "password", server);
  if (!wanted.ok()) return wanted;
  const absl::StatusOr<std::string> password = Read(options, from_environment);
  if (!password.ok()) return password;
  const absl::Status valid = CheckSecret(source, "password", *password);
  if (!valid.ok()) return valid;
  return password;
}

}  // namespace muster::client
