// group_vars and host_vars, which Ansible reads beside an inventory.
#ifndef SERVICE_TARGETS_VARS_FOLDERS_H_
#define SERVICE_TARGETS_VARS_FOLDERS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "service/targets/ansible_model.h"

namespace muster::service {

// The folders of both names beside the inventory file, all below them and all files there. When one
// of these changes, so does what the inventory means. Blocks.
std::vector<std::string> VarsPaths(const std::string& inventory);

// Adds what they say of the model's groups and hosts: of group_vars/web, web.yml, web.yaml and
// web.json the first that is there; of a folder all files, in the order of their names. Blocks.
// INVALID_ARGUMENT with FILE:LINE; RESOURCE_EXHAUSTED past a limit.
absl::Status ReadVarsFolders(const std::string& inventory, AnsibleModel* model);

}  // namespace muster::service

#endif  // SERVICE_TARGETS_VARS_FOLDERS_H_
