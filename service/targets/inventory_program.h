// Inventories that are programs.
#ifndef SERVICE_TARGETS_INVENTORY_PROGRAM_H_
#define SERVICE_TARGETS_INVENTORY_PROGRAM_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace muster::service {

// Whether it is a file that may be executed and is a program by its first bytes ("#!", ELF): on
// some file systems every file may be. Blocks.
bool IsInventoryProgram(const std::string& path);

// What `path --list` writes to its standard output, which is for Ansible ("Developing dynamic
// inventory"). It runs as this process' user, in its environment, and is killed when `limit` is
// over. Blocks: helper threads only. FAILED_PRECONDITION: it cannot be started, does not end, or
// fails, with what it wrote to its standard error; RESOURCE_EXHAUSTED: past kMaxInventoryBytes.
absl::StatusOr<std::string> RunInventoryProgram(const std::string& path,
                                                absl::Duration limit = absl::Seconds(30));

}  // namespace muster::service

#endif  // SERVICE_TARGETS_INVENTORY_PROGRAM_H_
