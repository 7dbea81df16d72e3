// Ansible's inventories in YAML form: `all: {hosts:, children:, vars:}`.
#ifndef SERVICE_TARGETS_ANSIBLE_YAML_H_
#define SERVICE_TARGETS_ANSIBLE_YAML_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "service/targets/ansible_model.h"
#include "service/targets/yaml_document.h"

namespace muster::service {

// Whether the file looks like one, rather than like ClusterShell's groups: everything at its top is
// a group that has nothing but hosts, children and vars, each with entries of its own.
bool IsAnsibleYaml(const YamlNode& root);

absl::Status ReadAnsibleYaml(YamlDocument* document, AnsibleModel* model);

// Variables, one a key. `what` says what the node is, for messages.
absl::Status ReadAnsibleVars(YamlDocument* document, const YamlNode& node, absl::string_view what,
                             const std::string& file, ConnectionVars* vars);

}  // namespace muster::service

#endif  // SERVICE_TARGETS_ANSIBLE_YAML_H_
