// Commands of ssh_config's Match exec.
#ifndef SERVICE_PREPARE_MATCH_EXEC_H_
#define SERVICE_PREPARE_MATCH_EXEC_H_

#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/ssh_config/ssh_config.h"

namespace muster::service {

// Of one run: each command is run once, whatever the number of hosts that it is asked for. Not
// thread-safe; blocks: helper threads only.
class MatchExec {
 public:
  // A value.
  struct Limits {
    absl::Duration each = absl::Seconds(10);
    absl::Duration all = absl::Seconds(60);  // of the run
  };

  MatchExec(std::string agent_socket, Limits limits)
      : agent_socket_(std::move(agent_socket)), limits_(limits) {}

  // Whose commands the next ones are.
  void SetQuery(const HostQuery& query) { query_ = query; }

  // Whether it succeeded, run by $SHELL in this process' environment, as ssh does. INVALID_ARGUMENT
  // where the host or its user has characters of the shell's, where it cannot be run, where a
  // signal ends it, or where it or all of them take too long: then it is killed.
  absl::StatusOr<bool> Run(const std::string& command);

 private:
  absl::StatusOr<bool> RunNow(const std::string& command);

  std::string agent_socket_;
  Limits limits_;
  HostQuery query_;
  absl::Duration spent_;
  absl::flat_hash_map<std::string, bool> known_;
};

}  // namespace muster::service

#endif  // SERVICE_PREPARE_MATCH_EXEC_H_
