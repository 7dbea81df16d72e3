// Where runs are kept.
#ifndef SERVICE_RUN_REGISTRY_H_
#define SERVICE_RUN_REGISTRY_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/run.h"

namespace muster::service {

// Thread-safe; no call blocks.
class RunRegistry {
 public:
  virtual ~RunRegistry() = default;

  struct Added {
    std::shared_ptr<Run> run;
    bool existed = false;  // the same request came before: `run` is that one
  };
  // Makes a run. Where its creator has used the request id before: the run of that time when it was
  // asked the same, else ALREADY_EXISTS. RESOURCE_EXHAUSTED: as many runs as fit are active.
  virtual absl::StatusOr<Added> Add(RunPlan plan) = 0;

  // Null: there is no such run, or it has been forgotten.
  virtual std::shared_ptr<Run> Find(absl::string_view id) const = 0;

  // At most `limit` of the runs that `wanted` accepts, the newest first; of those older than
  // `before` where it is not empty. `wanted` must not call the registry.
  virtual std::vector<std::shared_ptr<Run>> List(
      absl::string_view before, size_t limit, absl::FunctionRef<bool(const Run&)> wanted) const = 0;
};

struct RunRegistryLimits {
  size_t max_runs = 1000;
  size_t max_output_bytes = size_t{1} << 30;  // of all runs
};

// Keeps runs in memory, up to its limits: then the oldest that are over are forgotten. Who watches
// one keeps it alive for himself. Must outlive its runs' hosts.
std::unique_ptr<RunRegistry> NewRunRegistry(const RunRegistryLimits& limits);

}  // namespace muster::service

#endif  // SERVICE_RUN_REGISTRY_H_
