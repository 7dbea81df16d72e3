// The command line of sim_fleet.
#ifndef TESTS_SIM_OPTIONS_H_
#define TESTS_SIM_OPTIONS_H_

#include <cstdint>
#include <string>

#include "tests/sim/address.h"
#include "tests/sim/rules.h"

namespace muster::sim {

struct Options {
  std::string folder;
  uint16_t port = 0;  // 0: a free one
  AddressRange addresses = {};
  bool key_for_each = false;
  std::string seed = "sim";
  Rules rules;
  bool verify = false;
  int threads = 1;
  int backlog = 4096;
};

struct ParsedOptions {
  bool run = false;
  int exit_code = 0;  // where it should not run: print `text` and exit
  std::string text;
  Options options;
};

ParsedOptions ParseOptions(int argc, const char* const* argv);

}  // namespace muster::sim

#endif  // TESTS_SIM_OPTIONS_H_
