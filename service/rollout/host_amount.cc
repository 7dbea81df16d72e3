#include "service/rollout/host_amount.h"

#include "absl/strings/str_cat.h"

namespace muster::service {

uint32_t RoundedUp(const v1::HostAmount& amount, uint32_t hosts) {
  if (!amount.has_percent()) return amount.hosts();
  return static_cast<uint32_t>((uint64_t{hosts} * amount.percent() + 99) / 100);
}

uint32_t RoundedDown(const v1::HostAmount& amount, uint32_t hosts) {
  if (!amount.has_percent()) return amount.hosts();
  return static_cast<uint32_t>(uint64_t{hosts} * amount.percent() / 100);
}

std::string ProblemOf(const v1::HostAmount& amount, uint32_t least) {
  switch (amount.amount_case()) {
    case v1::HostAmount::kHosts:
      if (amount.hosts() >= least) return "";
      return absl::StrCat(amount.hosts(), " hosts; at least ", least);
    case v1::HostAmount::kPercent:
      if (amount.percent() >= least && amount.percent() <= 100) return "";
      return absl::StrCat(amount.percent(), "%; it must be from ", least, "% to 100%");
    case v1::HostAmount::AMOUNT_NOT_SET:
      break;
  }
  return "neither hosts nor percent is set";
}

}  // namespace muster::service
