// From -t and -x to one target expression.
#ifndef CLIENT_OPTIONS_TARGET_EXPRESSION_H_
#define CLIENT_OPTIONS_TARGET_EXPRESSION_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace muster::client {

// "a,(b!c)!(d,e)" for -t a, -t 'b!c', -x 'd,e': the hosts of all `targets` together, without those
// of `exclude`. Among both, "-" stands for the lines of standard input, "@@FILE" for those of a
// file: an expression in each, blank lines and what follows a '#' aside. Blocks while it reads
// them. INVALID_ARGUMENT and others: nothing is named, or a file cannot be read; the text says
// which option.
absl::StatusOr<std::string> TargetExpression(const std::vector<std::string>& targets,
                                             const std::vector<std::string>& exclude);

}  // namespace muster::client

#endif  // CLIENT_OPTIONS_TARGET_EXPRESSION_H_
