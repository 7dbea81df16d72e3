// The groups and hosts that an inventory file defines.
#ifndef SERVICE_TARGETS_INVENTORY_H_
#define SERVICE_TARGETS_INVENTORY_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "proto/nodeset/group_resolver.h"

namespace muster::service {

// How to reach a host, where that differs from its name and the run's defaults. A value.
struct HostDetails {
  std::string address;  // empty: the name
  std::string user;     // empty: the run's
  uint16_t port = 0;    // 0: the run's

  // What ssh would be told about the way to it, as by its -o.
  struct SshOption {
    std::string variable;  // "ansible_ssh_common_args"
    std::string text;      // "ProxyJump=gate"
  };
  std::vector<SshOption> ssh_options;  // of several with the same keyword the first counts

  // What Muster cannot do as the inventory says: the host is not used, unless the caller leaves the
  // variable out of account.
  struct Problem {
    std::string variable;  // "ansible_become"
    std::string text;      // with FILE:LINE
  };
  std::vector<Problem> problems;

  // What it says of becoming another user on the host, which counts by what a run says of it.
  struct BecomeVariable {
    std::string variable;  // "ansible_become_user"
    std::string value;     // empty where there is a problem with it: it may be a password
    std::string place;     // FILE:LINE
    std::string problem;   // why Muster cannot do so; empty: it can
  };
  std::vector<BecomeVariable> become;
};

// What the readers of the formats hand over. A value.
struct InventoryData {
  struct Group {
    std::string expression;
    int line = 0;
  };
  using Groups = std::map<std::string, Group>;

  std::string file;
  std::string default_source;
  std::map<std::string, Groups> sources;
  std::map<std::string, std::shared_ptr<const GroupResolver>> others;  // that are asked when needed
  bool by_programs = false;                             // which may tell something else next time
  absl::flat_hash_map<std::string, HostDetails> hosts;  // those with details; in lower case
};

// Immutable, so thread-safe; shared by the runs that name the file.
class Inventory : public GroupResolver {
 public:
  explicit Inventory(InventoryData data) : data_(std::move(data)) {}

  // "*" is the group "all" where the source has one, else all groups together. May block where
  // there are other sources.
  absl::StatusOr<NodeGroup> Resolve(absl::string_view source,
                                    absl::string_view group) const override;

  // Upper and lower case are the same (RFC 4343). Null: nothing is known of it.
  const HostDetails* Find(absl::string_view host) const;

  const InventoryData& data() const { return data_; }

 private:
  absl::Status NoSource(absl::string_view source) const;
  absl::Status NoGroup(const std::string& source, absl::string_view group) const;

  const InventoryData data_;
};

}  // namespace muster::service

#endif  // SERVICE_TARGETS_INVENTORY_H_
