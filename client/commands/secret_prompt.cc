#include "client/commands/secret_prompt.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <termios.h>
#include <unistd.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace muster::client {
namespace {

// The terminal, which does not show what is typed from its construction on: OpenSSL turns that off
// only after it has written the prompt, and who waits for that may be faster. Without a terminal
// OpenSSL would read standard input, which is not meant for it.
class SilentTerminal {
 public:
  SilentTerminal() : fd_(open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) {
    exists_ = fd_ >= 0 && tcgetattr(fd_, &before_) == 0;
    if (!exists_) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(fd_, TCSAFLUSH, &silent);
  }
  ~SilentTerminal() {
    if (exists_) tcsetattr(fd_, TCSAFLUSH, &before_);
    if (fd_ >= 0) close(fd_);
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;

  bool exists() const { return exists_; }

 private:
  const int fd_;
  bool exists_ = false;
  termios before_ = {};
};

}  // namespace

void ForbidLookingIn() {
  const rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0);
}

absl::StatusOr<std::string> AskSecret(absl::string_view what, absl::string_view option,
                                      absl::string_view instead) {
  const SilentTerminal terminal;
  if (!terminal.exists()) {
    return absl::FailedPreconditionError(
        absl::StrCat(option, ": there is no terminal to ask on; ", instead));
  }
  ForbidLookingIn();
  char text[1024];
  const std::string prompt = absl::StrCat(what, ": ");
  const int result = EVP_read_pw_string_min(text, 0, sizeof(text) - 1, prompt.c_str(), 0);
  const std::string secret = result == 0 ? text : "";
  OPENSSL_cleanse(text, sizeof(text));
  if (result == 0) return secret;
  if (result == -2) return absl::CancelledError("interrupted");
  return absl::FailedPreconditionError(
      absl::StrCat(option, ": it could not be read from the terminal"));
}

}  // namespace muster::client
