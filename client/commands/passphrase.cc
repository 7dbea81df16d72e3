#include "client/commands/passphrase.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "absl/status/status.h"

namespace muster::client {

absl::StatusOr<std::string> AskPassphrase() {
  // From here on it is in memory.
  const rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0);
  char text[1024];
  const int result = EVP_read_pw_string_min(text, 0, sizeof(text) - 1, "Passphrase: ", 0);
  const std::string passphrase = result == 0 ? text : "";
  OPENSSL_cleanse(text, sizeof(text));
  if (result == 0) return passphrase;
  if (result == -2) return absl::CancelledError("interrupted");
  return absl::FailedPreconditionError("--ask-passphrase: the passphrase could not be read");
}

}  // namespace muster::client
