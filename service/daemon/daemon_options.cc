#include "service/daemon/daemon_options.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "proto/contract/state_folder.h"
#include "proto/contract/version.h"

namespace muster::service {
namespace {

constexpr char kFooter[] = R"(
By default musterd serves its owner over a unix socket that nobody else can open; the muster command
starts such a daemon by itself. To serve others over the network, give it certificates, and a
configuration with credentials and a policy (what no rule allows is denied):

  musterd --listen 0.0.0.0:7443 --tls-cert server.pem --tls-key server.key \
          --client-ca callers.pem --config musterd.yaml

Runs and artifacts are kept in the state directory, and outlive musterd: a run that was under way when it
ended is closed, or continued where it asks for that, by the next. Exit codes: 0 stopped, 1 could not start,
2 wrong use.)";

void AddDuration(CLI::App* app, const std::string& name, absl::Duration* value,
                 const std::string& what) {
  const auto parse = [name, value](const CLI::results_t& results) {
    // A number alone is one of seconds, as with muster.
    const bool number = results[0].find_first_not_of("0123456789.") == std::string::npos;
    const std::string text = number ? results[0] + "s" : results[0];
    if (absl::ParseDuration(text, value) && *value >= absl::ZeroDuration()) return true;
    throw CLI::ValidationError(name, "\"" + results[0] + "\" is no duration; write 90s, 15m or 1h");
  };
  app->add_option(name, parse, what)->type_name("DURATION")->expected(1);
}

void Declare(CLI::App* app, DaemonOptions* options) {
  app->set_version_flag("--version", absl::StrCat("musterd ", kVersion));
  app->footer(kFooter);
  app->add_option(
         "--listen", options->listen,
         absl::StrCat("unix:PATH or HOST:PORT; may be repeated [unix:STATE_DIR/", kSocketName, "]"))
      ->type_name("ADDRESS");
  app->add_option("--tls-cert", options->tls.certificate, "The daemon's certificate and chain")
      ->type_name("FILE");
  app->add_option("--tls-key", options->tls.key, "Its private key")->type_name("FILE");
  app->add_option("--client-ca", options->tls.client_ca, "Whose certificates callers must show")
      ->type_name("FILE");
  app->add_option("--config", options->config_file, "Credentials and policy (YAML)")
      ->type_name("FILE");
  app->add_option("--state-dir", options->state_dir,
                  "Where runs are kept and musterd.log is written; one musterd's own "
                  "[$XDG_STATE_HOME/muster, ~/.local/state/muster]")
      ->type_name("DIR");
  app->add_option("--threads", options->threads, "Event loops [one per core]")
      ->check(CLI::Range(1, 1024));
  AddDuration(app, "--idle-timeout", &options->idle_timeout,
              "End after so long (15m, 1h) without a run or a call; 0: never [never]");
  AddDuration(app, "--session-idle", &options->session_idle,
              "Keep unused SSH sessions open for so long; 0: close them at once [10m]");
  AddDuration(app, "--session-max-age", &options->session_max_age,
              "Log in anew after so long, however much a session is used: whom a server has locked "
              "out meanwhile is served no longer; 0: never [1h]");
  app->add_option(
         "--max-sessions", options->max_sessions,
         "SSH sessions at any time, in use or kept open; one by way of a jump host counts as "
         "two; hosts past them wait [what open files and half of the memory allow]")
      ->check(CLI::Range(size_t{1}, size_t{1'000'000}))
      ->type_name("N");
  app->add_option("--max-runs", options->max_runs, "Runs under way at any time [1000]")
      ->check(CLI::Range(size_t{1}, size_t{1'000'000}));
  app->add_option("--keep-runs", options->keep_runs,
                  "Runs kept once they are over, the oldest go first; 0: no limit [10000]");
  AddDuration(app, "--keep-for", &options->keep_for, "How long runs are kept; 0: no limit [720h]");
  app->add_option("--keep-output", options->keep_mib,
                  "MiB that runs may take on the disk, the oldest go first; 0: no limit [10240]");
  app->add_option(
      "--min-free", options->min_free_mib,
      "MiB of disk that are left free: below, no run is started and none goes on, until there "
      "is room again; 0: no limit [256]");
  app->add_option("--max-output-per-run", options->max_output_per_run_mib,
                  "MiB of output kept of one run; what comes after is left out, and said [512]")
      ->check(CLI::Range(size_t{1}, size_t{1} << 24));
  app->add_option(
         "--max-artifacts", options->max_artifacts_mib,
         "MiB that the artifacts of all callers may take on the disk, none of which goes by "
         "itself; more are refused; 0: none are taken [16384]")
      ->check(CLI::Range(size_t{0}, size_t{1} << 34));
  app->add_option("--log-level", options->log_level, "debug, info, warn or error [info]")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}));
  app->add_flag(
      "--allow-core-dumps", options->allow_core_dumps,
      "For debugging: let the kernel write core files, and a debugger or profiler of the same "
      "user look in; both show keys and passphrases");
  app->add_option("--ready-fd", options->ready_fd,
                  "Write the addresses to this descriptor once they can be connected to")
      ->type_name("FD");
}

// Absolute: the socket's address is.
absl::Status ChooseStateDir(std::string* state_dir) {
  if (state_dir->empty()) {
    absl::StatusOr<std::string> own = OwnStateFolder();
    if (!own.ok()) return own.status();
    *state_dir = *std::move(own);
  }
  std::error_code gone;  // the folder that musterd is started in
  const std::filesystem::path path = std::filesystem::absolute(*state_dir, gone).lexically_normal();
  if (gone) {
    return absl::InvalidArgumentError(
        absl::StrCat("--state-dir: ", *state_dir, ": ", gone.message(), "; name it from / on"));
  }
  *state_dir = path.has_filename() ? path : path.parent_path();
  return absl::OkStatus();
}

}  // namespace

ParsedDaemonOptions ParseDaemonOptions(int argc, const char* const* argv) {
  ParsedDaemonOptions parsed;
  DaemonOptions& options = parsed.options;
  options.max_runs = 1000;
  options.keep_runs = 10'000;
  options.keep_for = absl::Hours(720);
  options.keep_mib = 10'240;
  options.min_free_mib = 256;
  options.max_artifacts_mib = 16'384;
  options.max_output_per_run_mib = 512;
  CLI::App app("musterd runs commands on many hosts over SSH, for the clients of muster.v1.",
               "musterd");
  Declare(&app, &options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    parsed.exit_code = app.exit(error, out, err) == 0 ? 0 : 2;
    parsed.text = out.str() + err.str();
    return parsed;
  }
  const absl::Status folder = ChooseStateDir(&options.state_dir);
  if (!folder.ok()) {
    parsed.exit_code = 1;
    parsed.text = absl::StrCat("musterd: ", folder.message(), ", or give --state-dir\n");
    return parsed;
  }
  if (options.listen.empty()) {
    options.listen.push_back(absl::StrCat("unix:", options.state_dir, "/", kSocketName));
  }
  parsed.run = true;
  return parsed;
}

}  // namespace muster::service
