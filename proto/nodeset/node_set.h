// Sets of hosts in the notation of ClusterShell and pdsh: "web[01-20].example.com,db[1-3]!db2".
//
// An expression is a row of operands, taken from left to right, joined by
//   ,  or blanks   union                 !   difference
//   &              intersection          ^   symmetric difference
// An operand is one of
//   web[01-20,30-40/2]-ib[0-1]   names; a bracket holds numbers and ranges, padded or not
//   ann@web[1-3]:2222            the same with a user and a port
//   [2001:db8::1]:22             an address; a bracket with a ':' in it is never a range
//   @group, @source:group        what a group file says; @* is every host, rack numbers may be
//                                ranges: @rack[1-4]
//   web*, db?                    the known hosts (those of @*) that match
//   (web[1-9]!web3)              an expression by itself; at most 32 within each other
//
// Results come in ClusterShell's order and fold to ClusterShell's text. Where it differs, on
// purpose:
//   - Digits in front of a bracket are text: web1[8-12] is web18, web19, web110, web111, web112, as
//     in pdsh. ClusterShell reads 18-112, 95 hosts. Digits behind a stepped range are allowed too.
//   - Blanks separate operands; ClusterShell takes them for a part of the name.
//   - Names hold letters, digits, '.', '-' and '_' and do not start with '-'. Negative numbers
//     (web[-5-5]), blanks in names and other signs are errors rather than odd names.
//   - A '!' or '&' operand without a user or port stands for the host with any: ann@web1!web1 is
//     empty, so that an excluded host is never reached by another spelling. '^' compares all three.
//   - A group that does not exist is an error, also where ClusterShell takes it for empty; so is
//     '@' where no groups are known, and a group that includes itself.
//   - There are limits, see NodeSetOptions. A bracket counts before duplicates are dropped.
//   - ClusterShell has no parentheses.
//   - @@source (the names of groups) is not offered.
//   - Folding several dimensions gives up merging after a fixed amount of work (sets of far more
//     than 100,000 irregular names); what it then gives is right, but longer.
// Names are compared as they are written: Web1 and web1 are two, as in ClusterShell.
#ifndef PROTO_NODESET_NODE_SET_H_
#define PROTO_NODESET_NODE_SET_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "proto/nodeset/group_resolver.h"
#include "proto/nodeset/target.h"

namespace muster {

// The longest expression that is read, groups apart.
inline constexpr size_t kMaxExpressionBytes = 16 << 20;

// The hosts of `expression`, each once. An empty expression is an empty set.
// INVALID_ARGUMENT: malformed; the text shows where. NOT_FOUND: no such group. RESOURCE_EXHAUSTED:
// past a limit. Thread-safe as far as the resolver is.
absl::StatusOr<std::vector<Target>> ParseNodeSet(absl::string_view expression,
                                                 const NodeSetOptions& options = {});

// The shortest expression for these hosts, given as FormatTarget writes them. Duplicates count
// once; a text that is no target is listed as it is.
std::string FoldNodeSet(absl::Span<const std::string> names);

}  // namespace muster

#endif  // PROTO_NODESET_NODE_SET_H_
