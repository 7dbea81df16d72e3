// pdsh(1) and dshbak(1).
#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client/library/server_address.h"
#include "client/options/foreign_line.h"
#include "proto/contract/version.h"

namespace muster::client {
namespace {

constexpr char kGenders[] = "it asks genders; Muster's groups are those of its inventory: -a, -g";
constexpr char kModules[] = "Muster has no modules of pdsh";
constexpr char kJobs[] = "Muster asks no batch system; name the hosts with -w";

const std::vector<ForeignOption>& PdshOptions() {
  static const auto* const all = new std::vector<ForeignOption>{
      {'w', "", true},
      {'x', "", true},
      {'g', "", true},
      {'X', "", true},
      {'a', "", false},
      {'l', "", true},
      {'t', "", true},
      {'u', "", true},
      {'f', "", true},
      {'R', "", true},
      {'S', "", false},
      {'N', "", false},
      {'b', "", false},
      {'q', "", false},
      {'V', "", false},
      {'h', "", false},
      {'k', "", false, "muster run --max-failures 0 starts no further hosts after a failure"},
      {'d', "", false, "muster run shows how far it is, and muster show how each host stands"},
      {'s', "", false, "it is for AIX alone"},
      {'A', "", false, kGenders},
      {'i', "", false, kGenders},
      {'F', "", true, kGenders},
      {'M', "", true, kModules},
      {'L', "", false, kModules},
      {'v', "", false, "Muster does not know which hosts are down; it tells which did not answer"},
      {'j', "", true, kJobs},
      {'P', "", true, kJobs},
  };
  return *all;
}

constexpr char kPdshHelp[] =
    "Usage: pdsh [-options] command ...        (of Muster; muster run --help has more)\n"
    "-S                return the largest of the commands' exit codes\n"
    "-h                print this and quit\n"
    "-V                print the version and quit\n"
    "-q                list the target hosts and quit\n"
    "-b                one ^C ends it, as it does anyway\n"
    "-l user           remote user\n"
    "-t seconds        connect timeout [10]\n"
    "-u seconds        command timeout [none]\n"
    "-f n              hosts at the same time [32]\n"
    "-w host,host,...  hosts; -host, ^file and -^file, too, and - for standard input\n"
    "-x host,host,...  hosts to leave out\n"
    "-g group,...      groups of Muster's inventory ($MUSTER_INVENTORY)\n"
    "-X group,...      groups to leave out\n"
    "-a                all hosts of that inventory\n"
    "-R ssh            the only one\n"
    "-N                lines without their host\n"
    "$WCOLL, $FANOUT, $PDSH_CONNECT_TIMEOUT, $PDSH_COMMAND_TIMEOUT, $PDSH_RCMD_TYPE,\n"
    "$PDSH_SSH_ARGS, $PDSH_SSH_ARGS_APPEND and $DSHPATH are followed.\n";

// At commas that are not within brackets.
std::vector<std::string> Elements(absl::string_view list) {
  std::vector<std::string> elements(1);
  int depth = 0;
  for (const char c : list) {
    depth += c == '[' ? 1 : c == ']' ? -1 : 0;
    if (c == ',' && depth == 0) {
      elements.emplace_back();
    } else {
      elements.back().push_back(c);
    }
  }
  return elements;
}

// Lives for one call.
class PdshLine {
 public:
  absl::StatusOr<ForeignLine> Translate(std::vector<std::string> arguments) {
    const absl::StatusOr<std::vector<GivenOption>> given = ReadForeign(PdshOptions(), &arguments);
    absl::Status status = given.status();
    if (status.ok()) status = FromEnvironmentToo();
    for (size_t i = 0; status.ok() && i < given->size(); ++i) status = Take((*given)[i]);
    if (!status.ok()) return status;
    if (!line_.text.empty()) return line_;
    return Finish(std::move(arguments));
  }

 private:
  absl::Status FromEnvironmentToo() {
    const auto number = [](const char* name, std::string* to) {
      const std::string value = FromEnvironment(name);
      if (!value.empty()) *to = value;
    };
    number("FANOUT", &fanout_);
    number("PDSH_CONNECT_TIMEOUT", &connect_timeout_);
    number("PDSH_COMMAND_TIMEOUT", &command_timeout_);
    const std::string path = FromEnvironment("DSHPATH");
    if (!path.empty()) options_.insert(options_.end(), {"-e", "PATH=" + path});
    absl::Status status = CheckModule("$PDSH_RCMD_TYPE", FromEnvironment("PDSH_RCMD_TYPE"));
    // What pdsh would replace, of its own default: "-2 -a -x -l%u %h".
    std::vector<std::string> words = absl::StrSplit(FromEnvironment("PDSH_SSH_ARGS"), ' ');
    words.erase(std::remove_if(words.begin(), words.end(),
                               [](const std::string& word) {
                                 return word == "-l%u" || word == "%h" || word == "%u" ||
                                        word == "-l";
                               }),
                words.end());
    status.Update(AddSshArguments("$PDSH_SSH_ARGS", absl::StrJoin(words, " "), &options_));
    status.Update(AddSshArguments("$PDSH_SSH_ARGS_APPEND", FromEnvironment("PDSH_SSH_ARGS_APPEND"),
                                  &options_));
    return status;
  }

  static absl::Status CheckModule(absl::string_view source, const std::string& name) {
    if (name.empty() || name == "ssh") return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat(source, ": ", name, " is not supported: Muster speaks SSH alone"));
  }

  absl::Status Take(const GivenOption& given) {
    switch (given.key[0]) {
      case 'w':
        return AddTargets("-w", given.value, /*exclude=*/false);
      case 'x':
        return AddTargets("-x", given.value, /*exclude=*/true);
      case 'g':
        return AddGroups("-g", given.value, "-t");
      case 'X':
        return AddGroups("-X", given.value, "-x");
      case 'a':
        AddTarget("-t", "@*");
        break;
      case 'l':
        options_.insert(options_.end(), {"-u", given.value});
        break;
      case 't':
        connect_timeout_ = given.value;
        break;
      case 'u':
        command_timeout_ = given.value;
        break;
      case 'f':
        fanout_ = given.value;
        break;
      case 'R':
        return CheckModule("-R", given.value);
      case 'S':
        options_.push_back("--command-code");
        break;
      case 'N':
        options_.push_back("--no-prefix");
        break;
      case 'q':
        only_targets_ = true;
        break;
      case 'V':
        line_.text = absl::StrCat("pdsh of muster ", kVersion, "\nrcmd modules: ssh\n");
        break;
      case 'h':
        line_.text = kPdshHelp;
        break;
    }
    return absl::OkStatus();
  }

  void AddTarget(const char* option, std::string value) {
    chosen_ = chosen_ || option == std::string("-t");
    targets_.insert(targets_.end(), {option, std::move(value)});
  }

  absl::Status AddTargets(absl::string_view source, const std::string& list, bool exclude) {
    for (const std::string& each : Elements(list)) {
      absl::string_view element = each;
      if (element == "-" && !exclude) {
        AddTarget("-t", "-");
        continue;
      }
      const bool leave_out = absl::ConsumePrefix(&element, "-") || exclude;
      const char* const option = leave_out ? "-x" : "-t";
      if (absl::StartsWith(element, "/")) {
        return absl::InvalidArgumentError(absl::StrCat(
            source, ": ", element, ": regular expressions are not supported; name the hosts"));
      }
      absl::ConsumePrefix(&element, "ssh:");
      if (absl::ConsumePrefix(&element, "^")) {
        AddTarget(option, absl::StrCat("@@", element));
        continue;
      }
      const size_t colon = element.find(':');
      if (colon != element.npos) {
        const absl::Status module = CheckModule(source, std::string(element.substr(0, colon)));
        if (!module.ok()) return module;
      }
      if (!element.empty()) AddTarget(option, std::string(element));
    }
    return absl::OkStatus();
  }

  absl::Status AddGroups(absl::string_view source, const std::string& list, const char* option) {
    if (list.find_first_of("&|~()=") != list.npos || absl::StrContains(list, "--")) {
      return absl::InvalidArgumentError(absl::StrCat(
          source, ": \"", list, "\" asks genders, which is not supported; name groups of the ",
          "inventory, or use muster run -t '@a&@b'"));
    }
    for (const std::string& group : Elements(list)) AddTarget(option, "@" + group);
    return absl::OkStatus();
  }

  absl::StatusOr<ForeignLine> Finish(std::vector<std::string> command) {
    if (!chosen_ && !FromEnvironment("WCOLL").empty()) {
      AddTarget("-t", "@@" + FromEnvironment("WCOLL"));
    }
    if (!chosen_) return absl::InvalidArgumentError("no remote hosts specified: give -w");
    line_.look.program = ForeignLook::Program::kPdsh;
    if (only_targets_) {
      line_.words = {"--config", "none", "targets"};
      line_.words.insert(line_.words.end(), targets_.begin(), targets_.end());
      return line_;
    }
    if (command.empty()) {
      return absl::InvalidArgumentError(
          "there is no command, and Muster's pdsh does not ask for one; write it behind the "
          "options, or use muster shell -t HOSTS");
    }
    // pdsh gives commands no input.
    line_.words = {"--config",          "none",          "run", "-n", "-q", "-f", fanout_,
                   "--connect-timeout", connect_timeout_};
    if (!command_timeout_.empty()) {
      line_.words.insert(line_.words.end(), {"--command-timeout", command_timeout_});
    }
    line_.words.insert(line_.words.end(), options_.begin(), options_.end());
    line_.words.insert(line_.words.end(), targets_.begin(), targets_.end());
    line_.words.push_back("--");
    line_.words.insert(line_.words.end(), command.begin(), command.end());
    return line_;
  }

  ForeignLine line_;
  std::vector<std::string> options_;
  std::vector<std::string> targets_;  // "-t", what, "-x", what
  bool chosen_ = false;               // a host to go to is named
  bool only_targets_ = false;
  std::string fanout_ = "32";
  std::string connect_timeout_ = "10";
  std::string command_timeout_;
};

}  // namespace

absl::StatusOr<ForeignLine> TranslatePdsh(std::vector<std::string> arguments) {
  return PdshLine().Translate(std::move(arguments));
}

absl::StatusOr<ForeignLine> TranslateDshbak(std::vector<std::string> arguments) {
  const absl::StatusOr<std::vector<GivenOption>> given = ReadForeign(
      {{'c', "", false}, {'d', "", true}, {'f', "", false}, {'h', "", false}}, &arguments);
  if (!given.ok()) return given.status();
  if (!arguments.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", arguments.front(), "\": it reads standard input alone; put < FILE behind"));
  }
  ForeignLine line;
  bool force = false;
  line.look.program = ForeignLook::Program::kDshbak;
  for (const GivenOption& each : *given) {
    if (each.key == "c") line.look.gather = true;
    if (each.key == "d") line.look.folder = each.value;
    if (each.key == "f") force = line.look.make_folder = true;
    if (each.key == "h") {
      line.text =
          "Usage: dshbak [OPTION]...        (of Muster)\n"
          " -h       print this and quit\n"
          " -c       identical output once, with its hosts\n"
          " -d DIR   each host's output to DIR/HOST\n"
          " -f       with -d: make DIR\n";
    }
  }
  if (line.look.gather && !line.look.folder.empty()) {
    return absl::InvalidArgumentError("-c and -d do not go together; give one of them");
  }
  if (force && line.look.folder.empty()) {
    return absl::InvalidArgumentError("-f says how -d is meant; give that, too");
  }
  return line;
}

}  // namespace muster::client
