// The last lines of hosts.
#ifndef CLIENT_OUTPUT_LOG_TAIL_H_
#define CLIENT_OUTPUT_LOG_TAIL_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "muster/v1/event.pb.h"

namespace muster::client {

// Takes a run's events backwards and keeps the output that has the last lines of each host, of both
// its streams together. It holds that much in memory. Not thread-safe.
class LogTail {
 public:
  // Of `hosts` hosts. With `pieces`, lines were searched piece by piece (HostOutput.split): each
  // piece counts as a line, and has a line end when it is taken out.
  LogTail(uint64_t lines, size_t hosts, bool pieces)
      : lines_(lines), hosts_(hosts), pieces_(pieces) {}

  // An event that comes before those that it has taken.
  void Take(v1::Event event);
  // Each host has its lines: what comes before is not needed.
  bool full() const { return full_hosts_ >= hosts_; }
  // In the order of the log. Once.
  std::vector<v1::Event> TakeOut();

 private:
  struct Host {
    uint64_t lines = 0;
    bool open[2] = {};  // of a stream: its oldest line may have begun in an earlier event
  };

  bool IsFull(const Host& host) const {
    return host.lines >= lines_ && !host.open[0] && !host.open[1];
  }
  // How much of the beginning of `output` is not needed.
  size_t CutOf(const v1::HostOutput& output, Host* host) const;

  uint64_t lines_;
  size_t hosts_;
  bool pieces_;
  size_t full_hosts_ = 0;
  absl::flat_hash_map<uint32_t, Host> by_host_;
  std::vector<v1::Event> events_;  // the newest first
};

}  // namespace muster::client

#endif  // CLIENT_OUTPUT_LOG_TAIL_H_
