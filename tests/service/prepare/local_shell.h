// Runs lines as login shells do.
#ifndef TESTS_SERVICE_PREPARE_LOCAL_SHELL_H_
#define TESTS_SERVICE_PREPARE_LOCAL_SHELL_H_

#include <string>

namespace muster::service {

inline constexpr const char* kLoginShells[] = {"dash", "bash", "zsh",       "fish",
                                               "tcsh", "mksh", "busybox sh"};

// How one ended. A value.
struct ShellResult {
  int status = -1;  // as wait(2) tells it
  std::string out;  // standard output
  std::string err;
};

// As sshd starts a login shell, in the folder that is HOME as well.
ShellResult RunShell(const std::string& shell, const std::string& line,
                     const std::string& input = "");

// A folder that is HOME, as long as this lives.
class OwnHome {
 public:
  OwnHome();
  ~OwnHome();
  OwnHome(const OwnHome&) = delete;
  OwnHome& operator=(const OwnHome&) = delete;

  const std::string& path() const { return path_; }

 private:
  const std::string before_;
  std::string path_;
};

}  // namespace muster::service

#endif  // TESTS_SERVICE_PREPARE_LOCAL_SHELL_H_
