#include "service/rollout/host_order.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"

namespace muster::service {
namespace {

// Sebastiano Vigna's SplitMix64, after Steele, Lea and Flood. The standard library's engines are
// the same everywhere, but its distributions and std::shuffle are not.
class SplitMix64 {
 public:
  explicit SplitMix64(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  uint64_t Below(uint64_t n) {
    const uint64_t surplus = -n % n;  // 2^64 mod n
    uint64_t x = Next();
    while (x < surplus) x = Next();
    return x % n;
  }

 private:
  uint64_t state_;
};

// Takes the digits in front, without leading zeros.
absl::string_view TakeNumber(absl::string_view* text) {
  const auto end = std::find_if_not(text->begin(), text->end(), absl::ascii_isdigit);
  absl::string_view digits = text->substr(0, end - text->begin());
  text->remove_prefix(digits.size());
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  return digits;
}

int CompareNumbers(absl::string_view a, absl::string_view b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return a.compare(b);
}

int CompareNaturally(absl::string_view a, absl::string_view b) {
  while (!a.empty() && !b.empty()) {
    int order;
    if (absl::ascii_isdigit(a.front()) && absl::ascii_isdigit(b.front())) {
      const absl::string_view number = TakeNumber(&a);
      order = CompareNumbers(number, TakeNumber(&b));
    } else {
      order = a.substr(0, 1).compare(b.substr(0, 1));
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
    if (order != 0) return order;
  }
  return static_cast<int>(b.empty()) - static_cast<int>(a.empty());
}

void Sort(const std::vector<v1::RunHost>& hosts, std::vector<uint32_t>* order) {
  const auto less = [&hosts](uint32_t a, uint32_t b) {
    return NaturalLess(hosts[a].name(), hosts[b].name());
  };
  std::stable_sort(order->begin(), order->end(), less);
}

void Shuffle(uint64_t seed, std::vector<uint32_t>* order) {
  SplitMix64 random(seed);
  for (size_t left = order->size(); left > 1; --left) {
    std::swap((*order)[left - 1], (*order)[random.Below(left)]);
  }
}

}  // namespace

bool NaturalLess(absl::string_view a, absl::string_view b) {
  const int order = CompareNaturally(a, b);
  return order != 0 ? order < 0 : a < b;
}

std::vector<uint32_t> OrderHosts(const std::vector<v1::RunHost>& hosts, v1::HostOrder order,
                                 uint64_t seed) {
  std::vector<uint32_t> result(hosts.size());
  std::iota(result.begin(), result.end(), 0);
  if (order == v1::HOST_ORDER_SORTED || order == v1::HOST_ORDER_SHUFFLED) Sort(hosts, &result);
  if (order == v1::HOST_ORDER_SHUFFLED) Shuffle(seed, &result);
  return result;
}

}  // namespace muster::service
