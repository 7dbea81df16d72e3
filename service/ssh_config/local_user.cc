#include "service/ssh_config/local_user.h"

#include <limits.h>
#include <openssl/evp.h>
#include <pwd.h>
#include <unistd.h>

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace muster::service {
namespace {

// As ControlPath's %C: which connection this is.
std::string HashOf(const std::string& text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr) != 1) return "";
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), size));
}

}  // namespace

LocalUser LocalUser::Own() {
  LocalUser user;
  user.uid = getuid();
  std::vector<char> buffer(16 * 1024);
  passwd entry = {};
  passwd* found = nullptr;
  getpwuid_r(user.uid, &entry, buffer.data(), buffer.size(), &found);
  const char* const home = getenv("HOME");
  user.name = found != nullptr ? found->pw_name : absl::StrCat(user.uid);
  user.home = found != nullptr ? found->pw_dir : home != nullptr ? home : "/";
  char machine[HOST_NAME_MAX + 1] = {};
  if (gethostname(machine, sizeof(machine) - 1) == 0) user.machine = machine;
  return user;
}

Tokens TokensOf(const LocalUser& local, const TokenSubject& subject) {
  const std::string port = absl::StrCat(subject.port);
  Tokens tokens;
  tokens['C'] = HashOf(absl::StrCat(local.machine, subject.host, port, subject.user, subject.jump));
  tokens['L'] = local.machine.substr(0, local.machine.find('.'));
  tokens['d'] = local.home;
  tokens['h'] = subject.host;
  tokens['i'] = absl::StrCat(local.uid);
  tokens['j'] = subject.jump;
  tokens['k'] = subject.alias.empty() ? subject.original : subject.alias;
  tokens['l'] = local.machine;
  tokens['n'] = subject.original;
  tokens['p'] = port;
  tokens['r'] = subject.user;
  tokens['u'] = local.name;
  return tokens;
}

}  // namespace muster::service
