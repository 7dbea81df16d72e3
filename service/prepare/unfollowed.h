// What ssh_config says that Muster does not do.
#ifndef SERVICE_PREPARE_UNFOLLOWED_H_
#define SERVICE_PREPARE_UNFOLLOWED_H_

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "service/ssh_config/host_settings.h"

namespace muster::service {

// Keywords that would make ssh reach the host, log in or run a command in another way, or do more
// beside it, and are not followed; as a user would write them. Those that Muster has no part in,
// such as LogLevel or ControlMaster, are none.
std::vector<std::string> UnfollowedOf(const HostSettings& settings);
// Why the host must not be reached at all, as one of them is not followed; empty: it may.
std::string ObstacleOf(const HostSettings& settings);

// Counts them over a run's hosts.
class Unfollowed {
 public:
  void Add(const std::string& host, const HostSettings& settings);
  void Add(const std::string& host, const std::string& keyword);
  // One sentence with keywords and hosts, or none.
  std::vector<std::string> Warnings() const;

 private:
  struct Hosts {
    std::string first;
    size_t count = 0;
  };
  std::map<std::string, Hosts> by_keyword_;
};

}  // namespace muster::service

#endif  // SERVICE_PREPARE_UNFOLLOWED_H_
