#include "tests/ssh_engine/sshd.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ssh_engine/base/unique_fd.h"

extern char** environ;

namespace muster::testing {
namespace {

constexpr int kFleetUid = 64999;

pid_t Spawn(const std::vector<std::string>& arguments) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return error == 0 ? pid : -1;
}

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

uint16_t FreePort() {
  UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no free port");
  }
  return ntohs(address.sin_port);
}

// The server is ready when it sends its banner.
bool Answers(uint16_t port) {
  UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = Loopback(port);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return false;
  }
  char byte = 0;
  return recv(fd.get(), &byte, 1, 0) == 1;
}

}  // namespace

bool RunProgram(const std::vector<std::string>& arguments) {
  const pid_t pid = Spawn(arguments);
  int status = -1;
  return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

void WriteFile(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

Sshd::Sshd(const std::vector<std::string>& config) : port_(FreePort()) {
  std::string pattern = (std::filesystem::temp_directory_path() / "sshd.XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = pattern;
  ChooseUser();
  WriteFiles(config);
  Start();
}

Sshd::~Sshd() {
  if (pid_ > 0) {
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Sshd::ChooseUser() {
  const passwd* entry = getpwuid(getuid());
  user_ = entry != nullptr ? entry->pw_name : "root";
  if (getuid() != 0) return;
  user_ = "fleet";
  WriteFile(folder_ + "/passwd", absl::StrCat(ReadFile("/etc/passwd"), "fleet:*:", kFleetUid, ":",
                                              kFleetUid, "::", folder_, ":/bin/sh\n"));
  chmod(folder_.c_str(), 0755);
}

void Sshd::WriteFiles(const std::vector<std::string>& config) {
  for (const char* name : {"host_key", "client_key"}) {
    if (!RunProgram({"/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                     absl::StrCat(folder_, "/", name)})) {
      throw std::runtime_error("ssh-keygen failed");
    }
  }
  WriteFile(folder_ + "/authorized_keys", ReadFile(client_key() + ".pub"));
  WriteFile(known_hosts(), absl::StrCat("[127.*]:", port_, ",[localhost]:", port_, ",[::1]:", port_,
                                        " ", ReadFile(folder_ + "/host_key.pub")));
  // The first value that is given for an option counts: sshd_config(5).
  WriteFile(folder_ + "/sshd_config",
            absl::StrCat(absl::StrJoin(config, "\n"), "\nListenAddress 0.0.0.0:", port_,
                         "\nHostKey ", folder_, "/host_key\nAuthorizedKeysFile ", folder_,
                         "/authorized_keys\nPidFile none\nStrictModes no\nUsePAM no\n"
                         "MaxStartups 1000\nPasswordAuthentication no\n"
                         "KbdInteractiveAuthentication no\nPrintMotd no\nPrintLastLog no\n"
                         "LogLevel ERROR\nUseDNS no\nPermitRootLogin yes\n"));
}

void Sshd::Start() {
  if (getuid() == 0) mkdir("/run/sshd", 0755);  // sshd's empty folder for its unprivileged part
  const std::string sshd = absl::StrCat("exec /usr/sbin/sshd -D -e -f ", folder_, "/sshd_config");
  const std::string passwd = folder_ + "/passwd";
  if (user_ != "fleet") {
    pid_ = Spawn({"/bin/sh", "-c", sshd});
  } else if (RunProgram({"/usr/bin/unshare", "-m", "/bin/true"})) {
    pid_ = Spawn({"/usr/bin/unshare", "-m", "/bin/sh", "-c",
                  absl::StrCat("mount --bind ", passwd, " /etc/passwd && ", sshd)});
  } else {  // in most containers
    pid_ = Spawn({"/usr/bin/env", "LD_PRELOAD=libnss_wrapper.so", "NSS_WRAPPER_PASSWD=" + passwd,
                  "NSS_WRAPPER_GROUP=/etc/group", "/bin/sh", "-c", sshd});
  }
  for (int i = 0; i < 500; ++i) {
    if (Answers(port_)) return;
    if (pid_ <= 0 || waitpid(pid_, nullptr, WNOHANG) == pid_) break;
    poll(nullptr, 0, 20);
  }
  throw std::runtime_error("sshd does not answer");
}

}  // namespace muster::testing
