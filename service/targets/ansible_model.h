// What an Ansible inventory says, whichever way it is written.
#ifndef SERVICE_TARGETS_ANSIBLE_MODEL_H_
#define SERVICE_TARGETS_ANSIBLE_MODEL_H_

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/targets/inventory.h"

namespace muster::service {

// The variables that say how to connect; all others are ignored. A value.
struct ConnectionVars {
  struct Setting {
    std::string value;
    int line = 0;  // 0: not set
  };
  Setting address;  // ansible_host
  Setting port;     // ansible_port
  Setting user;     // ansible_user

  // Takes ansible_host, ansible_ssh_host and so on; ignores other keys.
  void Set(absl::string_view key, absl::string_view value, int line);
  bool empty() const { return address.line == 0 && port.line == 0 && user.line == 0; }
};

// Filled in by the readers, which report its errors with their file's name. Lives for one load.
class AnsibleModel {
 public:
  explicit AnsibleModel(std::string file) : file_(std::move(file)) {}

  const std::string& file() const { return file_; }

  // Makes the group when it is new; it is at `line` then. INVALID_ARGUMENT: not a group's name.
  absl::Status AddGroup(absl::string_view name, int line);
  bool HasGroup(absl::string_view name) const;

  // The groups of the calls below were added before.
  absl::Status AddHosts(absl::string_view group, absl::string_view entry,
                        const ConnectionVars& vars, int line);
  absl::Status AddChild(absl::string_view group, absl::string_view child, int line);
  ConnectionVars& GroupVars(absl::string_view group);

  // Checks that no group includes itself, and settles each host's details: those of its groups,
  // outer ones first and equals in the order of their names, then its own.
  absl::StatusOr<InventoryData> Build();

 private:
  struct Group {
    int line = 0;
    std::vector<std::string> hosts;
    std::vector<std::string> children;
    ConnectionVars vars;
    int depth = 0;         // the longest way from an outermost group; 0: not known yet
    bool entered = false;  // while its depth is being found
  };
  using GroupEntry = std::pair<const std::string, Group>;

  absl::Status FindDepths();
  absl::Status SetDepth(GroupEntry* group, int depth);
  absl::Status InheritVars(std::map<std::string, ConnectionVars>* settled);
  absl::Status CollectMembers(const std::string& group, std::set<std::string>* seen,
                              std::vector<const std::string*>* members);
  HostDetails Settle(const ConnectionVars& vars) const;
  InventoryData::Groups Expressions() const;

  const std::string file_;
  std::map<std::string, Group> groups_;
  std::map<std::string, ConnectionVars> hosts_;  // their own variables
  size_t members_ = 0;                           // hosts in groups, each time they are named
  size_t visits_ = 0;
};

}  // namespace muster::service

#endif  // SERVICE_TARGETS_ANSIBLE_MODEL_H_
