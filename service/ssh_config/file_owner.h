// Whom files have to belong to that say what is run.
#ifndef SERVICE_SSH_CONFIG_FILE_OWNER_H_
#define SERVICE_SSH_CONFIG_FILE_OWNER_H_

#include <sys/stat.h>

#include <string>

namespace muster::service {

// Whoever writes to such a file decides what runs here as this process' user. Empty: that is he, or
// root; else what is wrong and what mends it, with the path. `consequence`: for the sentence, such
// as "ssh refuses it, too". A group of the user's own lets nobody else write: Debian's rule;
// OpenSSH's own is to refuse such a file, too. May go through all users: blocks.
std::string OwnerObstacle(const struct stat& info, const std::string& path,
                          const std::string& consequence);

}  // namespace muster::service

#endif  // SERVICE_SSH_CONFIG_FILE_OWNER_H_
