// Tells what each word of a command line is, before CLI11 reads it.
#ifndef CLIENT_OPTIONS_ARGUMENT_SCAN_H_
#define CLIENT_OPTIONS_ARGUMENT_SCAN_H_

#include <CLI/CLI.hpp>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace muster::client {

// A value.
struct ScannedArguments {
  std::string subcommand;         // "": none; "artifacts put" of one within another
  const CLI::App* app = nullptr;  // which that is; as long as the whole of it
  // For CLI11: names of options, each followed by its value in a word of its own, and other words.
  std::vector<std::string> words;
  size_t options_at = 0;  // in `words`, where more options of the subcommand may stand
  // For what completes it: which option's value would be next, that only words can follow ("--"),
  // and how many of `words` are arguments of the subcommand.
  const CLI::Option* awaiting = nullptr;
  bool only_words = false;
  size_t positionals = 0;
  // Which options there are, with the first value; of a flag "true" or "false".
  std::map<const CLI::Option*, std::string> given;
  // Of a subcommand that takes any number of words: those that are neither an option nor its value,
  // and what is behind "--"; where they come at the end (CLI::App::positionals_at_end), everything
  // from the first of them on. Exactly as it was given.
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

// The words that its value is one of; empty: other values.
std::vector<std::string> ChoicesOf(const CLI::Option& option);

// Those that `app` may be given, not those of theirs.
std::vector<const CLI::App*> SubcommandsOf(const CLI::App& app);
bool HasSubcommands(const CLI::App& app);

// Whether `option` takes a value, and whether several add up.
bool TakesValue(const CLI::Option& option);
bool TakesList(const CLI::Option& option);
// Whether its value may be left out: --become, --become=ann. The word that follows is none.
bool MayStandAlone(const CLI::Option& option);

}  // namespace muster::client

#endif  // CLIENT_OPTIONS_ARGUMENT_SCAN_H_
