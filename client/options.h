// muster's command line.
#ifndef CLIENT_OPTIONS_H_
#define CLIENT_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "client/server_address.h"

namespace muster::client {

enum class Subcommand { kNone, kRun, kRuns, kShow, kWatch, kCancel, kTargets, kVersion };

// A value.
struct Options {
  Subcommand subcommand = Subcommand::kNone;
  std::string server;  // "": $MUSTER_SERVER, or the caller's own daemon
  TlsFiles tls;
  bool json = false;

  // run, targets
  std::string targets;
  std::string inventory;
  std::string user;
  uint32_t port = 0;

  // run
  std::vector<std::string> command;
  bool argv = false;
  std::vector<std::string> environment;  // "NAME=VALUE"
  std::vector<std::string> identity_files;
  std::string known_hosts;
  std::string credential;
  std::string host_key_policy;  // "", "strict", "accept-new"
  bool ask_passphrase = false;
  uint32_t max_in_flight = 0;
  uint32_t retries = 0;
  absl::Duration connect_timeout;
  absl::Duration idle_timeout;
  absl::Duration command_timeout;
  std::vector<std::string> labels;  // "KEY=VALUE"
  std::string request_id;
  bool detach = false;

  // run, watch
  bool fold = false;
  bool quiet = false;  // no progress, no summary

  // show, watch, cancel
  std::string run_id;
  uint64_t after = 0;

  // runs
  uint32_t limit = 20;
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

#endif  // CLIENT_OPTIONS_H_
