// Ansible's inventories in INI form.
#ifndef SERVICE_TARGETS_ANSIBLE_INI_H_
#define SERVICE_TARGETS_ANSIBLE_INI_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/targets/inventory.h"

namespace muster::service {

// [group], [group:children], [group:vars]; "name[:port] key=value ..." with quotes and "#
// comments".
absl::StatusOr<InventoryData> ReadAnsibleIni(absl::string_view content, const std::string& file);

}  // namespace muster::service

#endif  // SERVICE_TARGETS_ANSIBLE_INI_H_
