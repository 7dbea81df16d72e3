// The parts of muster's command line.
#ifndef CLIENT_OPTIONS_OPTION_GROUPS_H_
#define CLIENT_OPTIONS_OPTION_GROUPS_H_

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "client/options/options.h"

namespace muster::client {

// What every help says of exit codes: the one place that defines them for users.
extern const char kExitCodesText[];
// The same of subcommands that only ask.
extern const char kAskingExitCodes[];

// Groups of options, as the help calls them.
constexpr char kHostsGroup[] = "Hosts";
constexpr char kViewGroup[] = "What is shown and kept";

// The whole of it. `options` must outlive it.
std::unique_ptr<CLI::App> MakeApp(Options* options);

// Each adds its options, and where it is a subcommand, that. `options` must outlive the parsing.
void AddRun(CLI::App* app, Options* options);
void AddPing(CLI::App* app, Options* options);
void AddRerun(CLI::App* app, Options* options);
void AddShell(CLI::App* app, Options* options);
// runs, show, watch, logs
void AddQueries(CLI::App* app, Options* options);
// pause, resume, cancel
void AddControls(CLI::App* app, Options* options);
void AddTargets(CLI::App* app, Options* options);
void AddArtifacts(CLI::App* app, Options* options);
void AddDaemon(CLI::App* app, Options* options);

// The run's id, as the first word.
void AddRunId(CLI::App* app, Options* options);
void AddTargetOptions(CLI::App* app, Options* options);
void AddSshConfig(CLI::App* app, Options* options);
void AddLoginOptions(CLI::App* app, Options* options);
void AddBecomeOptions(CLI::App* app, Options* options);
// What a rerun has to be given again.
void AddBecomePassword(CLI::App* app, Options* options);
void AddInFlight(CLI::App* app, Options* options);
void AddRolloutOptions(CLI::App* app, Options* options);
void AddLimitOptions(CLI::App* app, Options* options);
void AddEnvironment(CLI::App* app, Options* options);
// --chdir and --umask.
void AddPlace(CLI::App* app, Options* options);
// How a run is shown; and what is kept of it.
void AddLookOptions(CLI::App* app, Options* options);
void AddViewOptions(CLI::App* app, Options* options);

// Values that add up, one for each time that the option is given.
CLI::Option* AddList(CLI::App* app, const std::string& name, std::vector<std::string>* values,
                     const std::string& what);
// A number is one of seconds.
CLI::Option* AddDuration(CLI::App* app, const std::string& name, absl::Duration* value,
                         const std::string& what);
// A whole number.
template <typename T>  // uint32_t, uint64_t
CLI::Option* AddNumber(CLI::App* app, const std::string& name, T* value, T least, T most,
                       const std::string& what);
// One of these words.
CLI::Option* AddChoice(CLI::App* app, const std::string& name, std::string* value,
                       const std::vector<std::string>& choices, const std::string& what);
// Bytes, with K, M, G for powers of 1024.
CLI::Option* AddSize(CLI::App* app, const std::string& name, uint64_t* value,
                     const std::string& what);

}  // namespace muster::client

#endif  // CLIENT_OPTIONS_OPTION_GROUPS_H_
