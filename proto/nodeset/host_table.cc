#include "proto/nodeset/host_table.h"

#include <utility>

#include "absl/strings/ascii.h"

namespace muster {

namespace {

constexpr size_t kBytesPerHost = 200;  // of the containers; what is in them comes to it

}  // namespace

uint32_t HostTable::Number(Target target) {
  const std::string host = absl::AsciiStrToLower(target.host);
  const auto [it, added] =
      numbers_.try_emplace(FormatTarget({target.user, host, target.port}), targets_.size());
  if (!added) return it->second;
  bytes_ += kBytesPerHost + 2 * (target.user.size() + target.host.size());
  if (!target.user.empty() || target.port != 0) decorated_[host].push_back(it->second);
  targets_.push_back(std::move(target));
  return it->second;
}

const std::vector<uint32_t>& HostTable::Covered(uint32_t number) {
  covered_.assign(1, number);
  const Target& self = targets_[number];
  if (decorated_.empty() || (!self.user.empty() && self.port != 0)) return covered_;
  const auto it = decorated_.find(absl::AsciiStrToLower(self.host));
  if (it == decorated_.end()) return covered_;
  for (const uint32_t other : it->second) {
    const Target& target = targets_[other];
    const bool user = self.user.empty() || self.user == target.user;
    const bool port = self.port == 0 || self.port == target.port;
    if (other != number && user && port) covered_.push_back(other);
  }
  return covered_;
}

}  // namespace muster
