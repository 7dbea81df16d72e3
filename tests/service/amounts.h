// Amounts of hosts for tests.
#ifndef TESTS_SERVICE_AMOUNTS_H_
#define TESTS_SERVICE_AMOUNTS_H_

#include "muster/v1/run.pb.h"

namespace muster::service {

inline v1::HostAmount Hosts(uint32_t hosts) {
  v1::HostAmount amount;
  amount.set_hosts(hosts);
  return amount;
}

inline v1::HostAmount Percent(uint32_t percent) {
  v1::HostAmount amount;
  amount.set_percent(percent);
  return amount;
}

}  // namespace muster::service

#endif  // TESTS_SERVICE_AMOUNTS_H_
