// Tells what each word of a command line is, before CLI11 reads it.
#ifndef CLIENT_OPTIONS_ARGUMENT_SCAN_H_
#define CLIENT_OPTIONS_ARGUMENT_SCAN_H_

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace muster::client {

// A value.
struct ScannedArguments {
  std::string subcommand;  // "": none
  // For CLI11: names of options, each followed by its value in a word of its own, and other words.
  std::vector<std::string> words;
  // Of a subcommand whose words come at the end (CLI::App::positionals_at_end): everything from the
  // first word on that is neither an option nor its value, or behind "--". Exactly as it was given.
  std::vector<std::string> command;
  // Not empty: what is wrong, for a person. An option or subcommand that does not exist, a value
  // that is missing, is given to an option that takes none, or twice to one that takes one.
  std::string problem;
};

// CLI11 alone would take what follows the command for muster's own options (ssh, pdsh and clush end
// theirs at the first word that is none), "--user= X" for "--user X", and the word "[a,b]" for two.
ScannedArguments ScanArguments(const CLI::App& app, const std::vector<std::string>& arguments);

// How a person writes it: "--user", the long name where there is one; a positional as in the help.
std::string NameOf(const CLI::Option& option);
// What its value is called in the help: "PORT".
std::string ValueName(const CLI::Option& option);

// Whether `option` takes a value, and whether several add up.
bool TakesValue(const CLI::Option& option);
bool TakesList(const CLI::Option& option);

}  // namespace muster::client

#endif  // CLIENT_OPTIONS_ARGUMENT_SCAN_H_
