// Which algorithms ssh_config has servers offered.
#ifndef SERVICE_PREPARE_SSH_ALGORITHMS_H_
#define SERVICE_PREPARE_SSH_ALGORITHMS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "service/ssh_config/host_settings.h"
#include "ssh_engine/algorithms.h"
#include "ssh_engine/libssh/algorithm_choice.h"

namespace muster::service {

// Of one run: works out each list once. Not thread-safe.
class SshAlgorithms {
 public:
  // INVALID_ARGUMENT: of a list nothing is left that Muster's SSH library has. `missing`: what else
  // it has not, as a user would write it.
  absl::StatusOr<engine::Algorithms> Of(const HostSettings& settings,
                                        std::vector<std::string>* missing);

 private:
  const engine::AlgorithmChoice& Choose(engine::AlgorithmKind kind, const std::string& request);

  absl::flat_hash_map<std::pair<engine::AlgorithmKind, std::string>, engine::AlgorithmChoice>
      choices_;
};

}  // namespace muster::service

#endif  // SERVICE_PREPARE_SSH_ALGORITHMS_H_
