// What an inventory that is a program writes.
#ifndef SERVICE_TARGETS_ANSIBLE_JSON_H_
#define SERVICE_TARGETS_ANSIBLE_JSON_H_

#include <string>

#include "absl/status/status.h"
#include "service/targets/ansible_model.h"

namespace muster::service {

// JSON as Ansible reads it (plugins/inventory/script.py):
//   {GROUP: {"hosts": [], "vars": {}, "children": []}, GROUP: [HOST],
//    "_meta": {"hostvars": {HOST: {}}}}
// Hosts are single names, without ranges and ports. INVALID_ARGUMENT, with the model's file: it is
// none; so without "_meta": Ansible would start the program for each host then.
absl::Status ReadAnsibleJson(const std::string& json, AnsibleModel* model);

}  // namespace muster::service

#endif  // SERVICE_TARGETS_ANSIBLE_JSON_H_
