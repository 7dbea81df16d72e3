// Suggestions for a name that does not exist.
#ifndef SERVICE_TARGETS_CLOSEST_NAMES_H_
#define SERVICE_TARGETS_CLOSEST_NAMES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace muster::service {

// "did you mean @web or @web2?", or else the first of the names that there are, each behind
// `prefix`.
std::string Suggest(absl::string_view wanted, const std::vector<absl::string_view>& names,
                    absl::string_view prefix);

}  // namespace muster::service

#endif  // SERVICE_TARGETS_CLOSEST_NAMES_H_
