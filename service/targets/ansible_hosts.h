// Names of hosts as Ansible's inventories write them: "www[01:50:2].example.com:2222".
#ifndef SERVICE_TARGETS_ANSIBLE_HOSTS_H_
#define SERVICE_TARGETS_ANSIBLE_HOSTS_H_

#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "proto/nodeset/target.h"

namespace muster::service {

// The hosts of one entry, with their port where one is given. Ranges are numbers, padded or not, or
// letters ("[a:f]"), with an optional step. INVALID_ARGUMENT: malformed. RESOURCE_EXHAUSTED: more
// than `limit`, found before memory is spent.
absl::StatusOr<std::vector<Target>> ExpandAnsibleHosts(absl::string_view entry, size_t limit);

}  // namespace muster::service

#endif  // SERVICE_TARGETS_ANSIBLE_HOSTS_H_
