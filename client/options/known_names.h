// Names of hosts and groups that the caller's files have, for completion.
#ifndef CLIENT_OPTIONS_KNOWN_NAMES_H_
#define CLIENT_OPTIONS_KNOWN_NAMES_H_

#include <set>
#include <string>

namespace muster::client {

// A value.
struct KnownNames {
  std::set<std::string> hosts;
  std::set<std::string> groups;  // "web"; "rack:r1" of a source that is not the first
};

// Of an inventory (a file; a program is not run), of ssh_config ("": ~/.ssh/config; with what it
// includes) and of the known_hosts files (what is hashed there is not known). A hint: what cannot
// be read, or is written in another way, is left out, and patterns are no names. musterd alone
// knows what a group means. Blocks.
KnownNames ReadKnownNames(const std::string& inventory, const std::string& ssh_config);

}  // namespace muster::client

#endif  // CLIENT_OPTIONS_KNOWN_NAMES_H_
