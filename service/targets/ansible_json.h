// What an inventory that is a program writes.
#ifndef SERVICE_TARGETS_ANSIBLE_JSON_H_
#define SERVICE_TARGETS_ANSIBLE_JSON_H_

#include "absl/status/status.h"
#include "service/targets/ansible_model.h"
#include "service/targets/yaml_document.h"

namespace muster::service {

// `{GROUP: {hosts: [], vars: {}, children: []}, GROUP: [HOST], _meta: {hostvars: {HOST: {}}}}`,
// JSON being YAML. INVALID_ARGUMENT with FILE:LINE; so without _meta: Ansible would start the
// program for each host then.
absl::Status ReadAnsibleJson(YamlDocument* document, AnsibleModel* model);

}  // namespace muster::service

#endif  // SERVICE_TARGETS_ANSIBLE_JSON_H_
