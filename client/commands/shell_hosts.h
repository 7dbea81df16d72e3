// Which hosts muster shell is on, and how they stand.
#ifndef CLIENT_COMMANDS_SHELL_HOSTS_H_
#define CLIENT_COMMANDS_SHELL_HOSTS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "client/library/run_view.h"

namespace muster::client {

// Not thread-safe.
class ShellHosts {
 public:
  // As they were chosen, in their order; what is known of those that stay is kept.
  void Choose(std::vector<std::string> names);
  // A line has ended, or its end was not seen: its hosts, which an inventory may have changed, and
  // how they stand.
  void Take(const RunView& view);

  size_t size() const { return names_.size(); }
  // Who did not succeed on the last line.
  std::vector<std::string> Failed() const;
  // Of these who could not be reached, logged into, or become another user on.
  std::vector<std::string> Unreached() const;

  // "muster 18 hosts, 2 failed> "
  std::string Prompt() const;
  // "18 hosts: web[01-18]"
  std::string Names() const;
  // In lines, for each way to stand the hosts that do, and why. Further lines of messages are set
  // in; `columns`: 0 or how wide they are at most.
  std::string Table(size_t columns) const;

 private:
  std::vector<std::string> Where(bool (*is_meant)(v1::HostState)) const;

  std::vector<std::string> names_;
  std::map<std::string, v1::HostOutcome> outcomes_;  // of the last line; who is not there: none yet
};

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_SHELL_HOSTS_H_
