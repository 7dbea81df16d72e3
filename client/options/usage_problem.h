// What is wrong with a command line.
#ifndef CLIENT_OPTIONS_USAGE_PROBLEM_H_
#define CLIENT_OPTIONS_USAGE_PROBLEM_H_

#include <CLI/CLI.hpp>
#include <string>

#include "client/options/argument_scan.h"

namespace muster::client {

// In a sentence for a person: which option, what was given, and what is expected. `app` has failed
// to parse `scanned` with `error`.
std::string ProblemOf(const CLI::ParseError& error, const CLI::App& app,
                      const ScannedArguments& scanned);

}  // namespace muster::client

#endif  // CLIENT_OPTIONS_USAGE_PROBLEM_H_
