#include "proto/contract/state_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

#include "absl/strings/str_cat.h"

namespace muster {
namespace {

// Why a home is of no use; "" where it can be used. One of root's may be shared (containers).
std::string WhyNot(const std::string& home) {
  if (home.empty()) return "not set";
  if (home[0] != '/' || home.find_first_not_of('/') == std::string::npos) {
    return "\"" + home + "\" is no home";
  }
  struct stat info = {};
  if (stat(home.c_str(), &info) != 0) return absl::StrCat(home, ": ", strerror(errno));
  if (!S_ISDIR(info.st_mode)) return home + " is no folder";
  if (info.st_uid != geteuid() && info.st_uid != 0) return home + " is another user's";
  if (faccessat(AT_FDCWD, home.c_str(), W_OK | X_OK, AT_EACCESS) == 0) return "";
  return absl::StrCat(home, ": ", strerror(errno));
}

std::string HomeOfPasswd() {
  std::vector<char> text(16384);
  passwd entry = {};
  passwd* found = nullptr;
  const int error = getpwuid_r(geteuid(), &entry, text.data(), text.size(), &found);
  return error == 0 && found != nullptr && found->pw_dir != nullptr ? found->pw_dir : "";
}

// mkdir -p. Of folders above ours the system decides who may look into them.
absl::Status MakeFolders(const std::string& path) {
  for (size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string folder = path.substr(0, slash);
    const int error = mkdir(folder.c_str(), 0700) == 0 ? 0 : errno;
    if (error != 0 && access(folder.c_str(), F_OK) != 0) {
      return absl::FailedPreconditionError(
          absl::StrCat("cannot make the folder ", folder, ": ", strerror(error)));
    }
    if (slash == std::string::npos) return absl::OkStatus();
  }
}

}  // namespace

absl::StatusOr<std::string> HomeFolder() {
  const char* const value = getenv("HOME");
  const std::string home = value != nullptr ? value : "";
  const std::string problem = WhyNot(home);
  if (problem.empty()) return home;
  const std::string entry = HomeOfPasswd();
  const std::string entry_problem = WhyNot(entry);
  if (entry_problem.empty()) return entry;
  return absl::FailedPreconditionError(
      absl::StrCat("there is no home to keep runs in ($HOME: ", problem, "; passwd entry of user ",
                   geteuid(), ": ", entry_problem, "); set XDG_STATE_HOME to a folder of yours"));
}

absl::StatusOr<std::string> OwnStateFolder() {
  const char* const value = getenv("XDG_STATE_HOME");
  const std::string state = value != nullptr ? value : "";
  if (!state.empty() && state[0] != '/') {
    return absl::InvalidArgumentError("XDG_STATE_HOME=" + state + " is no absolute path");
  }
  if (!state.empty()) return state + "/muster";
  const absl::StatusOr<std::string> home = HomeFolder();
  if (!home.ok()) return home.status();
  return *home + "/.local/state/muster";
}

absl::Status EnsurePrivateFolder(const std::string& path) {
  struct stat info = {};
  if (lstat(path.c_str(), &info) != 0) {
    if (absl::Status made = MakeFolders(path); !made.ok()) return made;
    if (lstat(path.c_str(), &info) != 0) {
      return absl::FailedPreconditionError(absl::StrCat(path, ": ", strerror(errno)));
    }
  }
  const char* problem = nullptr;
  if (!S_ISDIR(info.st_mode)) {
    problem = " is no folder";
  } else if (info.st_uid != geteuid()) {
    problem = " is another user's";
  } else if ((info.st_mode & 077) != 0) {
    problem = " can be entered by others";
  }
  if (problem == nullptr) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      path, problem, ": whoever can is able to use your keys; it must be a folder of user ",
      geteuid(), " that nobody else can enter (chmod 700)"));
}

}  // namespace muster
