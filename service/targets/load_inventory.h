// Reads inventory files of all formats.
#ifndef SERVICE_TARGETS_LOAD_INVENTORY_H_
#define SERVICE_TARGETS_LOAD_INVENTORY_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/targets/inventory.h"

namespace muster::service {

// Reads ClusterShell's YAML groups, its groups.conf, or an Ansible inventory (INI or YAML); the
// content tells which.
// A program is run, and what it writes is read (inventory_program.h). Blocks: helper threads only.
// NOT_FOUND, FAILED_PRECONDITION: the file, or the program failed; INVALID_ARGUMENT: its content,
// with FILE:LINE; RESOURCE_EXHAUSTED: past a limit.
absl::StatusOr<std::shared_ptr<const Inventory>> LoadInventory(const std::string& path);

// The same for content in memory; `file` is for messages.
absl::StatusOr<std::shared_ptr<const Inventory>> ParseInventory(absl::string_view content,
                                                                const std::string& file);

}  // namespace muster::service

#endif  // SERVICE_TARGETS_LOAD_INVENTORY_H_
