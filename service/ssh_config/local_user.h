// For whom ssh_config(5) is read, and the tokens that follow from that.
#ifndef SERVICE_SSH_CONFIG_LOCAL_USER_H_
#define SERVICE_SSH_CONFIG_LOCAL_USER_H_

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "service/ssh_config/expand.h"

namespace muster::service {

// Whose files are read, and where. A value.
struct LocalUser {
  std::string name;
  std::string home;
  uid_t uid = 0;
  std::string machine;  // its host name

  // Of this process; of passwd, not of the environment, as ssh has it. A user whom passwd does not
  // know, as in some containers, for whom ssh refuses to run, has his number and $HOME. May block.
  static LocalUser Own();
};

// What tokens tell of a host, as far as it is known. A value.
struct TokenSubject {
  std::string host;      // %h
  std::string original;  // %n
  std::string alias;     // %k; empty: `original`
  std::string user;      // %r
  uint16_t port = 22;    // %p
  std::string jump;      // %j
};

// "TOKENS" in ssh_config(5): all but %H, %I, %K, %T, %t and %f.
Tokens TokensOf(const LocalUser& local, const TokenSubject& subject);

}  // namespace muster::service

#endif  // SERVICE_SSH_CONFIG_LOCAL_USER_H_
