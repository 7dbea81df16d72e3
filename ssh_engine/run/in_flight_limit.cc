#include "ssh_engine/run/in_flight_limit.h"

#include <algorithm>
#include <utility>

namespace muster::engine {

void InFlightLimit::AddLoop(size_t loop, Grant grant) {
  MutexLock lock(&mutex_);
  grants_.resize(std::max(grants_.size(), loop + 1));
  grants_[loop] = std::move(grant);
}

void InFlightLimit::Enqueue(const std::vector<size_t>& loops) {
  std::vector<std::pair<Grant, uint32_t>> granted;
  {
    MutexLock lock(&mutex_);
    turns_.insert(turns_.end(), loops.begin(), loops.end());
    std::vector<uint32_t> hosts(grants_.size());
    for (; available_ > 0 && !turns_.empty(); --available_, turns_.pop_front()) {
      ++hosts[turns_.front()];
    }
    for (size_t i = 0; i < hosts.size(); ++i) {
      if (hosts[i] > 0) granted.emplace_back(grants_[i], hosts[i]);
    }
  }
  for (const auto& [grant, hosts] : granted) grant(hosts);
}

void InFlightLimit::Release() {
  Grant grant;
  {
    MutexLock lock(&mutex_);
    if (turns_.empty()) {
      ++available_;
      return;
    }
    grant = grants_[turns_.front()];
    turns_.pop_front();
  }
  grant(1);
}

}  // namespace muster::engine
