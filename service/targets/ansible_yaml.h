// Ansible's inventories in YAML form: `all: {hosts:, children:, vars:}`.
#ifndef SERVICE_TARGETS_ANSIBLE_YAML_H_
#define SERVICE_TARGETS_ANSIBLE_YAML_H_

#include "absl/status/statusor.h"
#include "service/targets/inventory.h"
#include "service/targets/yaml_document.h"

namespace muster::service {

// Whether the file looks like one, rather than like ClusterShell's groups: everything at its top is
// a group that has nothing but hosts, children and vars, each with entries of its own.
bool IsAnsibleYaml(const YamlNode& root);

absl::StatusOr<InventoryData> ReadAnsibleYaml(YamlDocument* document);

}  // namespace muster::service

#endif  // SERVICE_TARGETS_ANSIBLE_YAML_H_
