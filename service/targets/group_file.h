// ClusterShell's YAML group files: `source: {group: expression}`.
#ifndef SERVICE_TARGETS_GROUP_FILE_H_
#define SERVICE_TARGETS_GROUP_FILE_H_

#include "absl/status/statusor.h"
#include "service/targets/inventory.h"
#include "service/targets/yaml_document.h"

namespace muster::service {

// A group is an expression or a list of them. Names without a source are looked up in the source
// "groups", or "default" where there is none, or else in the file's first one.
absl::StatusOr<InventoryData> ReadGroupFile(YamlDocument* document);

}  // namespace muster::service

#endif  // SERVICE_TARGETS_GROUP_FILE_H_
