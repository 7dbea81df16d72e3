// In which order a run's hosts have their turn.
#ifndef SERVICE_ROLLOUT_HOST_ORDER_H_
#define SERVICE_ROLLOUT_HOST_ORDER_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "muster/v1/host.pb.h"
#include "muster/v1/run.pb.h"

namespace muster::service {

// Whether `a` comes before `b`: bytewise, but a sequence of digits is one character, ordered by its
// value among others and as a digit among the rest. Names that differ in leading zeros only are
// ordered bytewise.
bool NaturalLess(absl::string_view a, absl::string_view b);

// The indexes of all hosts, in the order that they are started in. SHUFFLED depends on the seed and
// the hosts' names alone, not on how they are given, and is the same on every machine and in every
// version: a daemon continues with it what another has begun. It is Fisher and Yates's shuffle,
// from the last place down to the second, over the hosts in SORTED order; the place to swap with is
// drawn from SplitMix64, begun at the seed, as x mod n where n is the number of places that are
// left, and draws below 2^64 mod n are thrown away, so that each place is as likely.
std::vector<uint32_t> OrderHosts(const std::vector<v1::RunHost>& hosts, v1::HostOrder order,
                                 uint64_t seed);

}  // namespace muster::service

#endif  // SERVICE_ROLLOUT_HOST_ORDER_H_
