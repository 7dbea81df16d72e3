// A real OpenSSH server for a test.
#ifndef TESTS_SSH_ENGINE_SSHD_H_
#define TESTS_SSH_ENGINE_SSHD_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace muster::testing {

// Makes keys and a configuration in a folder of its own, serves all of 127.0.0.0/8 on a free port,
// and ends with the object. Logs in as the user that the test runs as; where that is root, as a
// user without privileges that this server alone knows: OpenSSH refuses to signal root's commands.
class Sshd {
 public:
  // Further lines for sshd_config(5).
  explicit Sshd(const std::vector<std::string>& config = {});
  ~Sshd();
  Sshd(const Sshd&) = delete;
  Sshd& operator=(const Sshd&) = delete;

  uint16_t port() const { return port_; }
  const std::string& folder() const { return folder_; }
  const std::string& user() const { return user_; }
  // A private key (ed25519) that the server accepts.
  std::string client_key() const { return folder_ + "/client_key"; }
  // The server's key, for every host of 127.0.0.0/8 and localhost.
  std::string known_hosts() const { return folder_ + "/known_hosts"; }

 private:
  void WriteFiles(const std::vector<std::string>& config);
  void ChooseUser();
  void Start();

  std::string folder_;
  std::string user_;
  uint16_t port_ = 0;
  pid_t pid_ = -1;
};

// Runs a program and waits; whether it ended with 0.
bool RunProgram(const std::vector<std::string>& arguments);
std::string ReadFile(const std::string& path);
void WriteFile(const std::string& path, const std::string& text);

}  // namespace muster::testing

#endif  // TESTS_SSH_ENGINE_SSHD_H_
