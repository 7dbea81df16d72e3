// How each host of a run is reached.
#ifndef SERVICE_PREPARE_REACH_H_
#define SERVICE_PREPARE_REACH_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "ssh_engine/channel_setup.h"
#include "ssh_engine/host.h"

namespace muster::service {

// A value.
struct Reach {
  std::shared_ptr<const engine::Access> access;
  std::string host_key_alias;
  std::shared_ptr<const engine::ProxyCommand> proxy_command = nullptr;  // engine::Host's
  std::shared_ptr<const engine::ChannelSetup> setup = nullptr;          // the same

  // (One more does not compile before it is here.)
  auto Fields() const {
    const auto& [by, alias, proxy, setup_] = *this;
    return std::tie(by, alias, proxy, setup_);
  }
  friend bool operator==(const Reach& a, const Reach& b) { return a.Fields() == b.Fields(); }
};

// That of each host by its index; or one, of all of them.
using Reaches = std::vector<Reach>;

// Of the host `index`, the next one.
inline void AddReach(Reach reach, size_t index, Reaches* reaches) {
  if (reaches->size() == 1 && index > 0 && reach == reaches->front()) return;
  if (!reaches->empty()) reaches->resize(index, Reach(reaches->front()));
  reaches->push_back(std::move(reach));
}

inline const Reach& ReachOf(const Reaches& reaches, uint32_t index) {
  return reaches.size() == 1 ? reaches[0] : reaches[index];
}

}  // namespace muster::service

#endif  // SERVICE_PREPARE_REACH_H_
