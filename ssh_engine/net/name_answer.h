// What became of a look-up, whoever was asked.
#ifndef SSH_ENGINE_NET_NAME_ANSWER_H_
#define SSH_ENGINE_NET_NAME_ANSWER_H_

#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "ssh_engine/net/address.h"

namespace muster::engine {

// Of one name. A value.
struct NameAnswer {
  // Why there are no addresses, as far as it matters to a person.
  enum class Failure {
    kNone,
    kNoSuchName,
    kNoAddress,
    kServerFailed,
    kRefused,
    kNoAnswer,
    kOther,
    kSystemFailed,  // the system's own resolver, for the time being
  };

  Failure failure = Failure::kNone;
  std::vector<Address> addresses;  // in the order of RFC 6724; port 0
  std::string detail;              // of the last two: their own word
};

using NameCallback = absl::AnyInvocable<void(NameAnswer)>;

}  // namespace muster::engine

#endif  // SSH_ENGINE_NET_NAME_ANSWER_H_
