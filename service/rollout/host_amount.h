// "5" or "10%": how many of a run's hosts.
#ifndef SERVICE_ROLLOUT_HOST_AMOUNT_H_
#define SERVICE_ROLLOUT_HOST_AMOUNT_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace muster::service {

// A number of hosts, or a share of all hosts of a run. A value.
struct HostAmount {
  uint32_t value = 0;
  bool percent = false;  // `value` is one, from 0 to 100

  uint32_t RoundedUp(uint32_t hosts) const;
  uint32_t RoundedDown(uint32_t hosts) const;
};

// Digits, then perhaps "%"; at least `least`, with "%" or without. INVALID_ARGUMENT, where `field`
// is the name of what is wrong.
absl::StatusOr<HostAmount> ParseHostAmount(absl::string_view field, absl::string_view text,
                                           uint32_t least);

}  // namespace muster::service

#endif  // SERVICE_ROLLOUT_HOST_AMOUNT_H_
