// The variables of an Ansible inventory that say how to connect.
#ifndef SERVICE_TARGETS_CONNECTION_VARS_H_
#define SERVICE_TARGETS_CONNECTION_VARS_H_

#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "service/targets/inventory.h"

namespace muster::service {

// Those of one group or host. Other variables are ignored: they are about what is done, not about
// how to get there (docs.ansible.com, "Connecting to hosts: behavioral inventory parameters"). A
// value; files must outlive it.
class ConnectionVars {
 public:
  // Takes ansible_host, ansible_ssh_host, ansible_become and so on.
  void Set(absl::string_view key, absl::string_view value, const std::string& file, int line);
  // Nobody can read what the file sets.
  void SetEncrypted(const std::string& file);
  // What the other says wins.
  void Override(const ConnectionVars& other);
  bool empty() const { return settings_.empty(); }

  // What Muster does about them. What it cannot do is a problem, never left out in silence.
  HostDetails Settle() const;

 private:
  struct Setting {
    std::string value;
    const std::string* file;
    int line;  // 0: the whole file
  };

  static void AddProblem(absl::string_view name, const Setting& setting, absl::string_view what,
                         HostDetails* details);

  std::map<absl::string_view, Setting> settings_;  // by names of the table of variables
};

}  // namespace muster::service

#endif  // SERVICE_TARGETS_CONNECTION_VARS_H_
