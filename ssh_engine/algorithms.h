// What is offered to servers in place of Muster's own algorithms.
#ifndef SSH_ENGINE_ALGORITHMS_H_
#define SSH_ENGINE_ALGORITHMS_H_

#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

namespace muster::engine {

// Each a list as in SSH_MSG_KEXINIT (RFC 4253, 7.1), the first choice first, of what the library
// has; empty: Muster's own. A value.
struct Algorithms {
  std::string key_exchanges;
  std::string host_keys;
  bool host_keys_in_this_order = false;  // else those that are known of the host come first
  std::string ciphers;
  std::string macs;
  std::string signatures;  // that a login with a key is made with

  auto Fields() const {
    const auto& [kex, keys, as_is, ciphers_, macs_, logins] = *this;
    return std::tie(kex, keys, as_is, ciphers_, macs_, logins);
  }
  friend bool operator==(const Algorithms& a, const Algorithms& b) {
    return a.Fields() == b.Fields();
  }
  template <typename H>
  friend H AbslHashValue(H h, const Algorithms& algorithms) {
    return H::combine(std::move(h), algorithms.Fields());
  }
};

// What tells sessions apart that are made with them; empty for Muster's own.
inline std::string IdOf(const Algorithms& algorithms) {
  if (algorithms == Algorithms()) return "";
  const auto& [kex, host_keys, as_is, ciphers, macs, signatures] = algorithms;
  return absl::StrCat("algorithms ", kex, " ", host_keys, as_is ? " " : "+ ", ciphers, " ", macs,
                      " ", signatures, " ");
}

}  // namespace muster::engine

#endif  // SSH_ENGINE_ALGORITHMS_H_
