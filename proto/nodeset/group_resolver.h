// What a target expression may ask of its surroundings, and the limits it keeps.
#ifndef PROTO_NODESET_GROUP_RESOLVER_H_
#define PROTO_NODESET_GROUP_RESOLVER_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace muster {

// What a group stands for.
struct NodeGroup {
  std::string expression;  // may name further groups
  std::string source;      // where groups named in it without a source are looked up
  std::string where;       // "FILE:LINE", for messages; may be empty
};

// Knows the groups. Called on the thread that parses.
class GroupResolver {
 public:
  virtual ~GroupResolver() = default;
  // `source` is empty for the default one. The group "*" is every host of the source. NOT_FOUND
  // names the closest groups there are.
  virtual absl::StatusOr<NodeGroup> Resolve(absl::string_view source,
                                            absl::string_view group) const = 0;
};

struct NodeSetOptions {
  const GroupResolver* groups = nullptr;  // not owned; null: no groups, no wildcards
  // The most hosts an operand or the set may have at any point; checked before memory is spent. All
  // operands together, groups within groups included, may have 16 times as many.
  size_t max_hosts = 200000;
  // The most bytes that the hosts of all operands together may take, each counted once: what a host
  // needs besides, and twice its name and user.
  size_t max_bytes = 64 << 20;
};

}  // namespace muster

#endif  // PROTO_NODESET_GROUP_RESOLVER_H_
