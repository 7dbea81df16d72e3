// What the two sides offer and agree on (RFC 4253, 7.1).
#ifndef TESTS_SIM_KEXINIT_H_
#define TESTS_SIM_KEXINIT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tests/sim/packet_cipher.h"

namespace muster::sim {

struct Agreement {
  const CipherSuite* from_client = nullptr;
  const CipherSuite* to_client = nullptr;
  const MacAlgorithm* mac_from_client = nullptr;
  const MacAlgorithm* mac_to_client = nullptr;
  bool ext_info = false;     // the client wants EXT_INFO (RFC 8308)
  bool wrong_guess = false;  // a packet follows that is to be ignored
};

// The server's, with the message number.
std::string ServerKexinit();

// Fails with the name of the list where there is nothing in common.
absl::StatusOr<Agreement> Agree(absl::string_view client_kexinit);

}  // namespace muster::sim

#endif  // TESTS_SIM_KEXINIT_H_
