// Which hosts behave how.
#ifndef TESTS_SIM_RULES_H_
#define TESTS_SIM_RULES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "tests/sim/address.h"
#include "tests/sim/behaviour.h"

namespace muster::sim {

// Filled at start, constant afterwards; shared by threads.
class Rules {
 public:
  // "ADDRESS[/PREFIX | -ADDRESS] BEHAVIOUR..."; README.md lists the behaviours. An empty line or
  // one that begins with '#' says nothing.
  absl::Status Add(absl::string_view line);
  // One on each line.
  absl::Status AddFile(const std::string& path);

  // The last rule that names the address, as a whole; a good host's where there is none. Looks at
  // one rule after the other, about 1 ns each.
  const Behaviour& Find(Address address) const;

 private:
  std::vector<AddressRange> ranges_;
  std::vector<Behaviour> behaviours_;  // of the range at the same place
  const Behaviour good_;
};

}  // namespace muster::sim

#endif  // TESTS_SIM_RULES_H_
