// How many of a run's hosts.
#ifndef SERVICE_ROLLOUT_HOST_AMOUNT_H_
#define SERVICE_ROLLOUT_HOST_AMOUNT_H_

#include <cstdint>
#include <string>

#include "muster/v1/run.pb.h"

namespace muster::service {

uint32_t RoundedUp(const v1::HostAmount& amount, uint32_t hosts);
uint32_t RoundedDown(const v1::HostAmount& amount, uint32_t hosts);
// What is wrong with one that has to be at least `least`, hosts or percent. Empty: nothing.
std::string ProblemOf(const v1::HostAmount& amount, uint32_t least);

}  // namespace muster::service

#endif  // SERVICE_ROLLOUT_HOST_AMOUNT_H_
