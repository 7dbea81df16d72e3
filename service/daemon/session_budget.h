// How many SSH sessions fit into this process.
#ifndef SERVICE_DAEMON_SESSION_BUDGET_H_
#define SERVICE_DAEMON_SESSION_BUDGET_H_

#include <cstddef>
#include <string>

namespace muster::service {

// What there is. A value.
struct Resources {
  size_t descriptors = 0;   // that this process may open (getrlimit(2), RLIMIT_NOFILE)
  size_t memory_bytes = 0;  // of the machine or, where lower, of the control group
};

// A number of sessions, and how it came about, for the log.
struct SessionBudget {
  size_t sessions = 0;
  std::string reason;
};

// An eighth of the descriptors, at least 64 and at most 1024, is left to callers and files; half of
// the memory to output and all else. `wanted`, where not zero, is taken if it fits the descriptors.
SessionBudget PlanSessions(const Resources& resources, size_t wanted);

// Raises the soft limit on descriptors to the hard one, and tells what there is.
Resources TakeResources();

}  // namespace muster::service

#endif  // SERVICE_DAEMON_SESSION_BUDGET_H_
