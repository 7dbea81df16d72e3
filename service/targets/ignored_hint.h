// Variables that were to be left out of account, and are nowhere.
#ifndef SERVICE_TARGETS_IGNORED_HINT_H_
#define SERVICE_TARGETS_IGNORED_HINT_H_

#include <string>

#include "absl/types/span.h"
#include "service/targets/inventory.h"

namespace muster::service {

// For a person, where no host has a variable of such a name that would be refused or tell ssh
// something: it may be mistyped. Null: there is no inventory. Empty: each is of use.
std::string HintOfIgnored(absl::Span<const std::string> ignored, const Inventory* inventory);

}  // namespace muster::service

#endif  // SERVICE_TARGETS_IGNORED_HINT_H_
