// Ansible's inventories in INI form.
#ifndef SERVICE_TARGETS_ANSIBLE_INI_H_
#define SERVICE_TARGETS_ANSIBLE_INI_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "service/targets/ansible_model.h"

namespace muster::service {

// [group], [group:children], [group:vars]; "name[:port] key=value ..." with quotes and "#
// comments".
absl::Status ReadAnsibleIni(absl::string_view content, AnsibleModel* model);

}  // namespace muster::service

#endif  // SERVICE_TARGETS_ANSIBLE_INI_H_
