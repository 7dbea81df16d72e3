// ClusterShell's groups.conf(5).
#ifndef SERVICE_TARGETS_GROUP_CONF_H_
#define SERVICE_TARGETS_GROUP_CONF_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/targets/inventory.h"

namespace muster::service {

// Whether the file looks like one, rather than like an Ansible inventory: a section has "map", or
// "[Main]" what that may have.
bool IsGroupConf(absl::string_view content);

// The file's sources, those of *.conf in its confdir and of *.yaml in its autodir. Each command
// runs for at most 30 s, all of them for 60; "reverse" and "cache_time" are of no use here. Blocks.
// INVALID_ARGUMENT with FILE:LINE; FAILED_PRECONDITION: others than its owner, who is this process'
// user or root, can write to a file that has commands.
absl::StatusOr<InventoryData> ReadGroupConf(absl::string_view content, const std::string& file);

}  // namespace muster::service

#endif  // SERVICE_TARGETS_GROUP_CONF_H_
