// What is asked of servers' algorithms and keys in place of what Muster asks by itself.
#ifndef SSH_ENGINE_ALGORITHMS_H_
#define SSH_ENGINE_ALGORITHMS_H_

#include <cstdint>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

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
  int least_rsa_bits = 0;  // of a host's key and of the user's; 0: the library's own limit
  // Keys are exchanged anew after so many bytes of one direction, and so long. 0: as the cipher
  // wants it; never for time alone.
  uint64_t rekey_bytes = 0;
  absl::Duration rekey_interval;
  bool compression = false;  // zlib@openssh.com, where the server has it

  auto Fields() const {
    const auto& [kex, keys, as_is, ciphers_, macs_, logins, bits, bytes, interval, zlib] = *this;
    return std::tie(kex, keys, as_is, ciphers_, macs_, logins, bits, bytes, interval, zlib);
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
  const auto& [kex, host_keys, as_is, ciphers, macs, signatures, bits, bytes, interval, zlib] =
      algorithms;
  return absl::StrCat("algorithms ", kex, " ", host_keys, as_is ? " " : "+ ", ciphers, " ", macs,
                      " ", signatures, " ", bits, " ", bytes, " ", absl::ToInt64Seconds(interval),
                      zlib ? " zlib " : " ");
}

}  // namespace muster::engine

#endif  // SSH_ENGINE_ALGORITHMS_H_
