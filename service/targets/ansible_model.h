// What an Ansible inventory says, whichever way it is written.
#ifndef SERVICE_TARGETS_ANSIBLE_MODEL_H_
#define SERVICE_TARGETS_ANSIBLE_MODEL_H_

#include <cstddef>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/targets/connection_vars.h"
#include "service/targets/inventory.h"

namespace muster::service {

// Filled in by the readers, which report its errors with their file's name. Lives for one load.
class AnsibleModel {
 public:
  explicit AnsibleModel(std::string file) : file_(std::move(file)) {}

  const std::string& file() const { return file_; }
  // A further file's name, which lives as long as this.
  const std::string& Keep(std::string file) { return files_.emplace_back(std::move(file)); }

  // Makes the group when it is new; it is at `line` then. INVALID_ARGUMENT: not a group's name.
  absl::Status AddGroup(absl::string_view name, int line);
  bool HasGroup(absl::string_view name) const;

  // The groups of the calls below were added before.
  absl::Status AddHosts(absl::string_view group, absl::string_view entry,
                        const ConnectionVars& vars, int line);
  absl::Status AddChild(absl::string_view group, absl::string_view child, int line);
  ConnectionVars& GroupVars(absl::string_view group);
  // A host's own. Null: the inventory has no such host.
  ConnectionVars* HostVars(const std::string& host);
  // What group_vars and host_vars say. Null: the inventory has no such group or host ("all" it
  // has).
  ConnectionVars* FolderGroupVars(const std::string& group);
  ConnectionVars* FolderHostVars(const std::string& host);

  // Checks that no group includes itself and no two hosts differ in case alone, and settles each
  // host's details: those of its groups, outer ones first and equals in the order of their names,
  // the same from group_vars, its own, and those from host_vars (docs.ansible.com, "Understanding
  // variable precedence").
  absl::StatusOr<InventoryData> Build();

 private:
  struct Group {
    int line = 0;
    std::vector<std::string> hosts;
    std::vector<std::string> children;
    ConnectionVars vars;
    ConnectionVars folder_vars;
    int depth = 0;         // the longest way from an outermost group; 0: not known yet
    bool entered = false;  // while its depth is being found
  };
  using GroupEntry = std::pair<const std::string, Group>;

  absl::Status CheckNames() const;
  absl::Status FindDepths();
  absl::Status SetDepth(GroupEntry* group, int depth);
  absl::Status InheritVars(ConnectionVars Group::*layer,
                           std::map<std::string, ConnectionVars>* settled);
  absl::Status CollectMembers(const std::string& group, std::set<std::string>* seen,
                              std::vector<const std::string*>* members);
  InventoryData::Groups Expressions() const;

  const std::string file_;
  std::deque<std::string> files_;
  std::map<std::string, Group> groups_;
  std::map<std::string, ConnectionVars> hosts_;  // their own variables
  std::map<std::string, ConnectionVars> folder_hosts_;
  size_t members_ = 0;  // hosts in groups, each time they are named
  size_t visits_ = 0;
};

}  // namespace muster::service

#endif  // SERVICE_TARGETS_ANSIBLE_MODEL_H_
