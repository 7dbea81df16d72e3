// Inventories that are programs.
#ifndef SERVICE_TARGETS_INVENTORY_PROGRAM_H_
#define SERVICE_TARGETS_INVENTORY_PROGRAM_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace muster::service {

// Whether it is a file that may be executed and is a program by its first bytes ("#!", ELF): on
// some file systems every file may be. False also where it cannot be read. Blocks.
// FAILED_PRECONDITION: a program that is not run: others than its owner, who is this process' user
// or root, can write to it, as ssh has it of its files; or it may not be executed.
absl::StatusOr<bool> IsInventoryProgram(const std::string& path);

// What `path --list` writes to its standard output, which is for Ansible ("Developing dynamic
// inventory"). Runs, and fails, as OutputOf.
absl::StatusOr<std::string> RunInventoryProgram(const std::string& path,
                                                absl::Duration limit = absl::Seconds(30));

}  // namespace muster::service

#endif  // SERVICE_TARGETS_INVENTORY_PROGRAM_H_
