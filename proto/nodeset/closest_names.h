// Suggestions for a name that does not exist.
#ifndef PROTO_NODESET_CLOSEST_NAMES_H_
#define PROTO_NODESET_CLOSEST_NAMES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace muster {

// At most three of `names` that are a few letters away from `wanted`, the closest first.
std::vector<absl::string_view> ClosestNames(absl::string_view wanted,
                                            const std::vector<absl::string_view>& names);

// "did you mean @web or @web2?", or else the first of the names that there are, each behind
// `prefix`.
std::string Suggest(absl::string_view wanted, const std::vector<absl::string_view>& names,
                    absl::string_view prefix);

}  // namespace muster

#endif  // PROTO_NODESET_CLOSEST_NAMES_H_
