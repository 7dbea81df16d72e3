#include "tests/sim/options.h"

#include <CLI/CLI.hpp>
#include <sstream>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"

namespace muster::sim {
namespace {

constexpr char kFirstAddress[] = "127.1.0.1";

// What is still text.
struct Texts {
  std::string addresses = "100";
  std::string host_keys = "one";
  std::vector<std::string> rules;
  std::vector<std::string> rule_files;
};

void Declare(CLI::App* app, Options* options, Texts* texts) {
  app->add_option("--folder", options->folder,
                  "Where client_key, known_hosts, hosts and inventory.ini are written")
      ->type_name("DIR")
      ->required();
  app->add_option("--port", options->port, "To listen on [a free one]");
  app->add_option("--addresses", texts->addresses,
                  "The hosts: FIRST-LAST, or how many from 127.1.0.1 on [100]")
      ->type_name("RANGE");
  app->add_option("--host-keys", texts->host_keys, "one for all hosts, or each its own [one]")
      ->check(CLI::IsMember({"one", "each"}));
  app->add_option("--seed", options->seed, "Of which host keys are made [sim]");
  app->add_option("--rules", texts->rule_files, "A file with a rule on each line")
      ->type_name("FILE");
  app->add_option(
         "--rule", texts->rules,
         "'ADDRESS[/PREFIX | -ADDRESS] BEHAVIOUR...'; the last that fits an address holds; "
         "those of --rules come first. README.md lists the behaviours")
      ->type_name("RULE");
  app->add_flag("--verify", options->verify, "Check signatures of clients (ed25519): 0.12 ms each");
  app->add_option("--threads", options->threads, "Listeners and loops [1]")
      ->check(CLI::Range(1, 64));
  app->add_option("--backlog", options->backlog, "Of each listener [4096]");
}

absl::StatusOr<AddressRange> ParseAddresses(const std::string& text) {
  uint32_t count = 0;
  if (!absl::SimpleAtoi(text, &count)) return ParseAddressRange(text);
  const Address first = *ParseAddress(kFirstAddress);
  if (count == 0 || count > 1'000'000) {
    return absl::InvalidArgumentError("expected 1 to 1000000 addresses");
  }
  return AddressRange{first, first + count - 1};
}

absl::Status Finish(const Texts& texts, Options* options) {
  const absl::StatusOr<AddressRange> addresses = ParseAddresses(texts.addresses);
  if (!addresses.ok()) return addresses.status();
  options->addresses = *addresses;
  options->key_for_each = texts.host_keys == "each";
  absl::Status status;
  for (const std::string& file : texts.rule_files) status.Update(options->rules.AddFile(file));
  for (const std::string& rule : texts.rules) status.Update(options->rules.Add(rule));
  return status;
}

}  // namespace

ParsedOptions ParseOptions(int argc, const char* const* argv) {
  ParsedOptions parsed;
  Texts texts;
  CLI::App app("sim_fleet plays thousands of SSH hosts on 127.0.0.0/8, until its input ends.",
               "sim_fleet");
  Declare(&app, &parsed.options, &texts);
  try {
    app.parse(argc, argv);
    const absl::Status status = Finish(texts, &parsed.options);
    if (!status.ok()) throw CLI::ValidationError(std::string(status.message()));
    parsed.run = true;
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    parsed.exit_code = app.exit(error, out, err) == 0 ? 0 : 2;
    parsed.text = out.str() + err.str();
  }
  return parsed;
}

}  // namespace muster::sim
