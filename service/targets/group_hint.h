// Names of groups that were written like names of hosts.
#ifndef SERVICE_TARGETS_GROUP_HINT_H_
#define SERVICE_TARGETS_GROUP_HINT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "service/targets/inventory.h"

namespace muster::service {

// For a person, where `expression`, which has been read without an error, has names of hosts that
// the inventory knows as groups alone: "prod" for "@prod". Empty: there are none.
std::string HintOfGroups(absl::string_view expression, const Inventory& inventory);

}  // namespace muster::service

#endif  // SERVICE_TARGETS_GROUP_HINT_H_
