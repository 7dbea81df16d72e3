// muster's command line.
#ifndef CLIENT_OPTIONS_OPTIONS_H_
#define CLIENT_OPTIONS_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "client/library/server_address.h"

namespace muster::client {

enum class Subcommand {
  kNone,
  kRun,
  kShell,
  kRuns,
  kShow,
  kWatch,
  kLogs,
  kRerun,
  kPause,
  kResume,
  kCancel,
  kForget,
  kTargets,
  kPutArtifact,
  kListArtifacts,
  kRemoveArtifacts,
  kHelp,
  kDaemon,
  kVersion,
  kCompletion,  // the script
  kComplete,    // what it asks
  kDshbak,      // as dshbak
};

// As many lines as there are.
constexpr uint64_t kAllLines = UINT64_MAX;

// How the hosts take turns; texts as they were given. A value.
struct RolloutOptions {
  uint32_t max_in_flight = 0;
  std::string batches;  // "1,10%,50%"
  absl::Duration batch_pause;
  bool confirm_batches = false;
  std::string max_failures;  // "3", "10%"
  std::string probe;
  std::string order;  // "given", "sorted", "shuffled", "shuffled:SEED"
  std::string lock;
};

// As whom commands run. A value.
struct BecomeOptions {
  std::string user;    // "": who is logged in
  std::string method;  // "", "sudo", "su", "doas"
  bool keep_environment = false;
  std::string password_file;  // also of rerun
  bool ask_password = false;  // also of rerun
};

// How output and its end look where muster stands for another program. A value.
struct ForeignLook {
  enum class Program { kMuster, kPdsh, kClush, kDshbak };
  Program program = Program::kMuster;
  bool gather = false;         // identical output once, with its hosts
  bool gather_errors = false;  // standard error with it
  bool lines = false;          // the hosts before each line, rather than above all
  bool label = true;           // the hosts at all
  bool quiet = false;
  bool verbose = false;      // what is gathered comes in lines, too
  std::string folder;        // dshbak: a file of each host's there
  bool make_folder = false;  // dshbak: where there is none
};

// A value.
struct Options {
  Subcommand subcommand = Subcommand::kNone;
  std::string server;       // "": $MUSTER_SERVER, or the caller's own daemon
  std::string server_user;  // whose unix socket that is, where it is another user's
  TlsFiles tls;
  absl::Duration reconnect = absl::Seconds(30);
  bool json = false;

  std::string help_topic;  // help
  std::string shell;       // completion
  std::string as;          // for the help: it is heeded before options are
  ForeignLook look;

  bool long_list = false;  // targets

  // run, rerun, targets
  std::vector<std::string> targets;  // as they were given: expressions, "-", "@@FILE"
  std::vector<std::string> exclude;  // the same
  std::string inventory;
  std::vector<std::string> ignored_variables;  // of it
  std::string user;
  uint32_t port = 0;
  std::string ssh_config;                // "": ssh's own files; "none"
  std::vector<std::string> ssh_options;  // "Port=2200"

  // run, rerun
  std::vector<std::string> identity_files;
  bool identities_only = false;
  std::string known_hosts;
  std::string credential;
  std::string jump_hosts;       // "ann@bastion:2222,inner"
  std::string host_key_policy;  // "", "strict", "accept-new", "off"
  bool ask_passphrase = false;
  std::string password_file;
  bool ask_password = false;
  std::string password_command;
  std::string answers_file;
  std::vector<std::string> asked_answers;  // parts of questions
  std::string login_methods;               // "publickey,password"
  bool gssapi = false;
  bool gssapi_delegate = false;
  std::string request_id;
  bool detach = false;
  bool no_stdin = false;      // what is on standard input is not for the command
  bool command_code = false;  // the commands' largest exit code is ours; also of watch

  // run
  // Of artifacts rm the names; of what the shells ask the words so far.
  std::vector<std::string> command;
  bool argv = false;
  std::string input_artifact;                      // what the command reads
  std::vector<std::string> environment;            // "NAME=VALUE"
  std::vector<std::string> requested_environment;  // the same, or a NAME of our own
  bool tty = false;
  bool no_tty = false;
  std::string script;       // a file; `command` has its arguments
  std::string interpreter;  // of it: "python3 -u"
  std::string working_directory;
  std::string umask;          // octal; empty: the login shell's
  bool placeholders = false;  // {host} in commands
  RolloutOptions rollout;
  BecomeOptions become;
  uint32_t retries = 0;
  absl::Duration connect_timeout;
  absl::Duration idle_timeout;
  absl::Duration command_timeout;
  absl::Duration run_timeout;
  absl::Duration stop_grace = -absl::InfiniteDuration();  // not given: the daemon's own
  bool signal_only = false;
  bool continue_after_restart = false;
  uint64_t output_limit = 0;        // bytes of a host
  uint64_t run_output_limit = 0;    // bytes of all
  std::string on_output_limit;      // "", "truncate", "cancel"
  std::vector<std::string> labels;  // "KEY=VALUE"; also of runs

  // run, rerun, watch
  bool fold = false;
  bool quiet = false;             // no progress, no summary
  std::string colour = "auto";    // "auto", "always", "never"
  std::string progress = "auto";  // "auto", "never", or a duration
  bool no_prefix = false;
  bool sort = false;
  bool timestamps = false;
  bool partial = false;  // of run: lines are told of in parts
  std::string output_dir;
  std::string junit;

  // of one run
  std::string run_id;
  uint64_t after = 0;      // watch
  bool summary = false;    // watch
  bool each_host = false;  // show
  std::string hosts;       // watch, logs
  std::string states;      // watch, rerun: "failed,unknown"

  // logs
  bool follow = false;
  uint64_t tail = kAllLines;  // the last ones of each host
  std::string grep;           // "": all lines
  bool regex = false;         // `grep` is an expression

  // runs
  bool watch_runs = false;
  uint32_t limit = 20;
  std::string run_states;
  std::string command_contains;
  std::string since;
  std::string creator;

  // artifacts put
  std::string artifact;
  std::string artifact_file;  // "", "-": standard input

  // daemon
  std::string daemon_action;  // "status", "stop", "restart"
  bool force = false;
};

// How reading a command line ended: either options, or an exit code with what to print first.
struct ParsedOptions {
  bool run = false;
  Options options;
  int exit_code = 0;
  std::string text;  // help, version, or what is wrong
};

ParsedOptions ParseOptions(int argc, const char* const* argv);

}  // namespace muster::client

#endif  // CLIENT_OPTIONS_OPTIONS_H_
