// Reads target expressions and carries out their operators.
#ifndef PROTO_NODESET_EVALUATOR_H_
#define PROTO_NODESET_EVALUATOR_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "proto/nodeset/group_resolver.h"
#include "proto/nodeset/host_table.h"
#include "proto/nodeset/operand.h"
#include "proto/nodeset/target.h"

namespace muster {

// Evaluates one expression with all groups in it. Lives for one call, on its thread. What it may
// spend is bounded by the options: hosts per set, and hosts over all operands.
class Evaluator {
 public:
  explicit Evaluator(const NodeSetOptions& options);

  absl::StatusOr<std::vector<Target>> Evaluate(absl::string_view expression);

 private:
  using GroupName = std::pair<std::string, std::string>;  // source, group

  absl::StatusOr<HostSet> EvaluateSet(absl::string_view expression, absl::string_view source);
  absl::StatusOr<HostSet> EvaluateOperand(absl::string_view text, absl::string_view expression,
                                          absl::string_view source);
  absl::StatusOr<HostSet> EvaluateParentheses(absl::string_view text, absl::string_view expression,
                                              absl::string_view source);

  absl::StatusOr<HostSet> ExpandNames(const Operand& operand, absl::string_view text);
  absl::StatusOr<HostSet> MatchMask(const Operand& operand, absl::string_view text,
                                    absl::string_view source);
  // What a wildcard may stand for: the inventory's hosts, and those of named_.
  absl::StatusOr<HostSet> HostsToMatch(absl::string_view text, absl::string_view source);
  absl::StatusOr<HostSet> ExpandGroups(const Operand& operand, absl::string_view text,
                                       absl::string_view source);
  absl::StatusOr<HostSet> EvaluateGroup(const GroupName& name);
  absl::StatusOr<HostSet> EvaluateBody(const GroupName& name);
  absl::Status CheckNesting(const GroupName& name) const;

  absl::Status Apply(char op, HostSet operand, HostSet* set);
  absl::Status Intersect(const HostSet& operand, HostSet* set);
  absl::Status Subtract(const HostSet& operand, HostSet* set);

  // RESOURCE_EXHAUSTED when an operand or set of `hosts` is too large.
  absl::Status CheckSize(uint64_t hosts, absl::string_view what) const;
  absl::Status Charge(uint64_t hosts);
  // Adds a host to `hosts`; RESOURCE_EXHAUSTED when there is no room for it.
  absl::Status Add(Target target, HostSet* hosts);

  // Constant after construction.
  const NodeSetOptions options_;

  HostTable table_;
  uint64_t budget_;                      // hosts that operands may still have
  const HostSet* named_ = nullptr;       // what the operand is to be taken out of, or picked from
  std::map<GroupName, HostSet> groups_;  // those evaluated
  std::vector<GroupName> nesting_;       // those being evaluated, outermost first
  size_t parentheses_ = 0;               // open ones
};

}  // namespace muster

#endif  // PROTO_NODESET_EVALUATOR_H_
