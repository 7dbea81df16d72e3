// What an inventory says of becoming another user on a host, against what a run does.
#ifndef SERVICE_TARGETS_BECOME_CHECK_H_
#define SERVICE_TARGETS_BECOME_CHECK_H_

#include <string>

#include "absl/types/optional.h"
#include "absl/types/span.h"
#include "service/targets/inventory.h"

namespace muster::service {

// Whom a run's commands become. A value.
struct BecomeOfRun {
  std::string user;
  std::string method;  // "sudo", "su", "doas"
};

// Runs become one user by one method on all hosts, so that an inventory can only agree. Why this
// host cannot be used by a run that becomes `run` (none: nobody), with the option that mends it;
// empty: it can. Where the run becomes somebody, what the inventory does not say is as the run
// says, and ansible_become need not ask for it. Variables `ignored` are left out of account.
absl::optional<HostDetails::Problem> BecomeProblem(const HostDetails& details,
                                                   const absl::optional<BecomeOfRun>& run,
                                                   absl::Span<const std::string> ignored);

// "postgres (sudo)": whom Ansible would become on the host; empty: nobody.
std::string BecomeText(const HostDetails& details);

}  // namespace muster::service

#endif  // SERVICE_TARGETS_BECOME_CHECK_H_
