// The bytes of an inventory, and of the files beside it.
#ifndef SERVICE_TARGETS_INVENTORY_FILE_H_
#define SERVICE_TARGETS_INVENTORY_FILE_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace muster::service {

// The largest inventory file, in bytes.
inline constexpr size_t kMaxInventoryBytes = 16 << 20;

// Blocks, but for no pipe. NOT_FOUND; FAILED_PRECONDITION: it may not be read; INVALID_ARGUMENT: no
// regular file; RESOURCE_EXHAUSTED: past kMaxInventoryBytes.
absl::StatusOr<std::string> ReadInventoryFile(const std::string& path);

// INVALID_ARGUMENT with FILE:LINE: not UTF-8, as names have to be that travel in the contract's
// strings. RESOURCE_EXHAUSTED.
absl::Status CheckInventoryContent(absl::string_view content, const std::string& file);

}  // namespace muster::service

#endif  // SERVICE_TARGETS_INVENTORY_FILE_H_
