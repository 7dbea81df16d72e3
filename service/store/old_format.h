// What daemons before the states with room wrote, as it is now: the terminal states of hosts had
// the numbers from 6 on and those of runs from 4 on, without a gap, and a rollout's amounts were
// text
// ("5", "10%"), and so were the reasons of runs.
//
// All functions may be given what is new already: it stays as it is. None: it cannot be decoded.
#ifndef SERVICE_STORE_OLD_FORMAT_H_
#define SERVICE_STORE_OLD_FORMAT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace muster::service {

// A v1::Run.
absl::optional<std::string> RenewRun(absl::string_view run);
// v1::HostResults, each after its size.
absl::optional<std::string> RenewResults(absl::string_view results);
// `repeated Event events = 1`.
absl::optional<std::string> RenewEvents(absl::string_view events);

}  // namespace muster::service

#endif  // SERVICE_STORE_OLD_FORMAT_H_
