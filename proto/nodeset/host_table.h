// The hosts that an expression speaks of, each under a small number.
#ifndef PROTO_NODESET_HOST_TABLE_H_
#define PROTO_NODESET_HOST_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "proto/nodeset/target.h"

namespace muster {

using HostSet = absl::flat_hash_set<uint32_t>;  // numbers of a HostTable

// Names that differ in upper and lower case alone are one host (RFC 4343), which is called as it
// was first. Lives for one evaluation, on its thread. Never forgets a host.
class HostTable {
 public:
  // The target's number, from 0 on without gaps.
  uint32_t Number(Target target);

  // What all of them take, about.
  size_t bytes() const { return bytes_; }

  const Target& target(uint32_t number) const { return targets_[number]; }

  // Whatever `number` covers as an operand of '!' or '&': itself, and where it names no user (no
  // port), the same host with any user (any port). Valid until the next call of either method.
  const std::vector<uint32_t>& Covered(uint32_t number);

 private:
  size_t bytes_ = 0;
  std::deque<Target> targets_;
  absl::flat_hash_map<std::string, uint32_t> numbers_;  // by FormatTarget, in lower case
  // The targets with a user or a port, by host in lower case: few or none.
  absl::flat_hash_map<std::string, std::vector<uint32_t>> decorated_;
  std::vector<uint32_t> covered_;
};

}  // namespace muster

#endif  // PROTO_NODESET_HOST_TABLE_H_
