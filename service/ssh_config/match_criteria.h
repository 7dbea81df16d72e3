// The conditions of a Match line.
#ifndef SERVICE_SSH_CONFIG_MATCH_CRITERIA_H_
#define SERVICE_SSH_CONFIG_MATCH_CRITERIA_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/ssh_config/expand.h"

namespace muster::service {

struct Criterion {
  enum class Kind {
    kAll,
    kCanonical,
    kFinal,
    kHost,
    kOriginalHost,
    kUser,
    kLocalUser,
    kTagged,
    kLocalNetwork,
    kExec
  };
  Kind kind = Kind::kAll;
  bool negated = false;
  std::string argument;
};
using MatchCriteria = std::vector<Criterion>;

// INVALID_ARGUMENT: one that ssh does not know either, or UNIMPLEMENTED: one that only ssh knows
// (version, sessiontype, command).
absl::StatusOr<MatchCriteria> ParseMatch(absl::string_view rest);

// What the criteria are compared with, at the point that the reading has reached.
struct MatchSubject {
  std::string host;           // as HostName has made it so far
  std::string original_host;  // as it was asked for
  std::string user;
  std::string local_user;
  std::string tag;
  bool final_pass = false;
  Tokens tokens;  // for the commands of Match exec
  // Runs a command of Match exec, and says whether it succeeded. May block. Empty: refused.
  std::function<absl::StatusOr<bool>(const std::string& command)> exec;
};

// A command is run only where all before it hold. Errors of exec and of IsOnLocalNetwork.
absl::StatusOr<bool> Holds(const MatchCriteria& criteria, const MatchSubject& subject);

}  // namespace muster::service

#endif  // SERVICE_SSH_CONFIG_MATCH_CRITERIA_H_
