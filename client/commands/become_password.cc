#include "client/commands/become_password.h"

#include "client/commands/secret_prompt.h"
#include "client/commands/secret_rules.h"
#include "client/options/secret_file.h"

namespace muster::client {
namespace {

constexpr char kFile[] = "--become-password-file";
constexpr char kAsk[] = "--ask-become-password";

absl::StatusOr<std::string> Read(const std::string& file) {
  if (file.empty()) {
    return AskSecret("Password to become the other user", kAsk, "use --become-password-file FILE");
  }
  ForbidLookingIn();
  const absl::StatusOr<std::string> text = ReadSecretFile(file);
  return text.ok() ? text : InvalidSecret(kFile, text.status().message());
}

}  // namespace

absl::StatusOr<std::string> FindBecomePassword(const Options& options,
                                               const ServerAddress& server) {
  const BecomeOptions& become = options.become;
  if (become.password_file.empty() && !become.ask_password) return std::string();
  const char* const source = become.ask_password ? kAsk : kFile;
  const absl::Status wanted = CheckSecretServer(source, "password", server);
  if (!wanted.ok()) return wanted;
  const absl::StatusOr<std::string> password = Read(become.password_file);
  if (!password.ok()) return password;
  const absl::Status valid = CheckSecret(source, "password", *password);
  if (!valid.ok()) return valid;
  return password;
}

}  // namespace muster::client
