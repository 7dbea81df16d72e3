// What counts where the command line does not say it: the caller's file of defaults.
#ifndef CLIENT_OPTIONS_OPTION_DEFAULTS_H_
#define CLIENT_OPTIONS_OPTION_DEFAULTS_H_

#include <CLI/CLI.hpp>

#include "absl/status/status.h"
#include "client/options/argument_scan.h"

namespace muster::client {

// How the file is written and what counts before it, for the help.
extern const char kDefaultsText[];

// --config and --profile.
void AddDefaultsOptions(CLI::App* app);

// Adds the file's settings to `scanned`, each as the option of that name, but for those that were
// given, that exclude one that was given, or that the environment says. `app` has parsed nothing.
// Its settings are checked, all of them, whichever profile is taken and whatever is done. Blocks
// while it reads. An error names the file and the line.
absl::Status AddDefaults(const CLI::App& app, ScannedArguments* scanned);

}  // namespace muster::client

#endif  // CLIENT_OPTIONS_OPTION_DEFAULTS_H_
