// What a keyword's arguments mean: checked once, for all hosts.
#ifndef SERVICE_SSH_CONFIG_VALUES_H_
#define SERVICE_SSH_CONFIG_VALUES_H_

#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "service/ssh_config/config_line.h"
#include "service/ssh_config/keywords.h"

namespace muster::service {

// A keyword with its values, in one spelling: "yes" and "no", seconds and ports in digits.
// ProxyJump none is empty text. A list "none" is {"none"}.
struct Setting {
  Keyword keyword = Keyword::kNeedless;
  std::vector<std::string> values;
};

// What a line sets: nothing, one thing, or two (RekeyLimit, ForwardAgent). INVALID_ARGUMENT as ssh
// would refuse it; what has no meaning for Muster is not checked.
absl::StatusOr<std::vector<Setting>> ParseSetting(const KeywordInfo& info, const ConfigLine& line);

// One of ProxyJump's hosts, "[user@]host[:port]" or "ssh://[user@]host[:port]". A value.
struct JumpTarget {
  std::string user;  // empty: not given
  std::string host;
  uint16_t port = 0;  // 0: not given

  auto Fields() const { return std::tie(user, host, port); }
  friend bool operator==(const JumpTarget& a, const JumpTarget& b) {
    return a.Fields() == b.Fields();
  }
  template <typename H>
  friend H AbslHashValue(H h, const JumpTarget& jump) {
    return H::combine(std::move(h), jump.Fields());
  }
};
absl::optional<JumpTarget> ParseJumpTarget(absl::string_view text);

}  // namespace muster::service

#endif  // SERVICE_SSH_CONFIG_VALUES_H_
