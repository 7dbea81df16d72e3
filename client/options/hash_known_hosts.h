// Whether the user's ssh hashes the names that it writes to known_hosts.
#ifndef CLIENT_OPTIONS_HASH_KNOWN_HOSTS_H_
#define CLIENT_OPTIONS_HASH_KNOWN_HOSTS_H_

#include <string>

namespace muster::client {

// HashKnownHosts (ssh_config(5)) of `home`/.ssh/config, else of `system_file`, as far as it holds
// for every host: outside of Host and Match, after "Host *" or "Match all", and in files that are
// included there. The first value counts; none: false, as with ssh. Files that cannot be read count
// as empty.
bool HashesKnownHosts(const std::string& home,
                      const std::string& system_file = "/etc/ssh/ssh_config");

}  // namespace muster::client

#endif  // CLIENT_OPTIONS_HASH_KNOWN_HOSTS_H_
