// Groups that hold a single user, as most distributions make one for each.
#ifndef SERVICE_SSH_CONFIG_PRIVATE_GROUP_H_
#define SERVICE_SSH_CONFIG_PRIVATE_GROUP_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace muster::service {

// A value.
struct GroupMembers {
  std::vector<uid_t> primary;       // whose own group it is
  std::vector<std::string> listed;  // with the group, by name
};
// Whether somebody is in it, and nobody but that user, whose name is `name`.
bool HoldsOnly(const GroupMembers& members, uid_t user, const std::string& name);

// The same of a group of this machine; false where that cannot be found out. `owner`: of the file,
// by whose name the group lists its members. Goes through all users: blocks.
bool IsPrivateGroup(gid_t group, uid_t user, uid_t owner);

}  // namespace muster::service

#endif  // SERVICE_SSH_CONFIG_PRIVATE_GROUP_H_
