// clush(1).
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/options/foreign_line.h"
#include "proto/contract/version.h"

namespace muster::client {
namespace {

constexpr char kCopies[] =
    "Muster copies no files this way; tar c ... | muster run -t ... -- tar x";
constexpr char kFiles[] = "muster run --output-dir DIR writes both, to DIR/HOST and DIR/HOST.err";
constexpr char kConf[] = "Muster reads no file of ClusterShell";

const std::vector<ForeignOption>& ClushOptions() {
  static const auto* const all = new std::vector<ForeignOption>{
      {'w', "", true},
      {'x', "", true},
      {'a', "all", false},
      {'g', "group", true},
      {'X', "", true},
      {'s', "groupsource", true},
      {0, "hostfile", true},
      {0, "machinefile", true},
      {'l', "user", true},
      {'t', "connect_timeout", true},
      {'u', "command_timeout", true},
      {'f', "fanout", true},
      {'o', "options", true},
      {'R', "worker", true},
      {0, "sudo", false},
      {'n', "nostdin", false},
      {'b', "dshbak", false},
      {'B', "", false},
      {'L', "", false},
      {'N', "", false},
      {'q', "quiet", false},
      {'v', "verbose", false},
      {'S', "maxrc", false},
      {0, "color", true},
      {0, "version", false},
      {'h', "help", false},
      {'P', "progress", false},
      {0, "diff", false, "muster run --fold shows which hosts differ"},
      {'r', "regroup", false, "hosts are named one by one"},
      {'G', "groupbase", false, "hosts are named one by one"},
      {'d', "debug", false, "muster run --json shows what happens"},
      {0, "groupsconf", true, kConf},
      {0, "conf", true, kConf},
      {'O', "option", true, kConf},
      {'m', "mode", true, kConf},
      {0, "topology", true, "-J of muster run goes by way of other hosts"},
      {0, "remote", true, "-J of muster run goes by way of other hosts"},
      {0, "pick", true, "name the hosts"},
      {0, "outdir", true, kFiles},
      {0, "errdir", true, kFiles},
      {'c', "copy", false, kCopies},
      {0, "rcopy", false, kCopies},
      {0, "dest", true, kCopies},
      {'p', "", false, kCopies},
  };
  return *all;
}

constexpr char kClushHelp[] =
    "Usage: clush [options] command        (of Muster; muster run --help has more)\n"
    "-w NODES -x NODES              hosts, and which of them not\n"
    "-g GROUP -X GROUP -s SOURCE -a groups of Muster's inventory ($MUSTER_INVENTORY)\n"
    "--hostfile FILE                hosts, one in each line\n"
    "-l USER -t SECONDS -u SECONDS -f N -o SSHOPTIONS -R ssh\n"
    "-b                             identical output once, with its hosts\n"
    "-B                             the same, with standard error\n"
    "-L                             in lines, by host\n"
    "-N                             without hosts\n"
    "--sudo                         asks for the password, once for all hosts\n"
    "-q -v -S -P -n --color WHEN    as clush has them\n"
    "clush.conf(5) and groups.conf(5) are not read.\n";

// Lives for one call.
class ClushLine {
 public:
  absl::StatusOr<ForeignLine> Translate(std::vector<std::string> arguments) {
    const absl::StatusOr<std::vector<GivenOption>> given = ReadForeign(ClushOptions(), &arguments);
    absl::Status status = given.status();
    for (size_t i = 0; status.ok() && i < given->size(); ++i) status = Take((*given)[i]);
    if (!status.ok()) return status;
    if (!line_.text.empty()) return line_;
    return Finish(arguments);
  }

 private:
  absl::Status Take(const GivenOption& given) {
    // muster's option for the same value.
    for (const auto& [theirs, ours] :
         {std::pair("w", "-t"), std::pair("x", "-x"), std::pair("l", "-u"),
          std::pair("color", "--color"), std::pair("u", "--command-timeout")}) {
      if (given.key == theirs) Add(ours, given.value);
    }
    if (given.key == "hostfile" || given.key == "machinefile") Add("-t", "@@" + given.value);
    if (given.key == "a") groups_.emplace_back("-t", "*");
    if (given.key == "g") AddGroups("-t", given.value);
    if (given.key == "X") AddGroups("-x", given.value);
    if (given.key == "s") source_ = given.value + ":";
    if (given.key == "t") connect_timeout_ = given.value;
    if (given.key == "f") fanout_ = given.value;
    if (given.key == "o") return AddSshArguments("-o", given.value, &words_);
    if (given.key == "n") words_.push_back("-n");
    if (given.key == "sudo") words_.insert(words_.end(), {"--become", "--ask-become-password"});
    if (given.key == "S") words_.push_back("--command-code");
    if (given.key == "P") progress_ = true;
    if (given.key == "R" && given.value != "ssh") {
      return absl::InvalidArgumentError(
          absl::StrCat("-R ", given.value, " is not supported: Muster speaks SSH alone"));
    }
    TakeLook(given.key);
    return absl::OkStatus();
  }

  void TakeLook(const std::string& key) {
    ForeignLook* const look = &line_.look;
    if (key == "b" || key == "B") look->gather = true;
    if (key == "B") look->gather_errors = true;
    if (key == "L") look->lines = true;
    if (key == "N") look->label = false;
    if (key == "q") look->quiet = true;
    if (key == "v") look->verbose = true;
    if (key == "version") line_.text = absl::StrCat("clush of muster ", kVersion, "\n");
    if (key == "h") line_.text = kClushHelp;
  }

  void Add(const char* option, const std::string& value) {
    words_.insert(words_.end(), {option, value});
  }

  void AddGroups(const char* option, const std::string& list) {
    for (const absl::string_view group : absl::StrSplit(list, ',')) {
      groups_.emplace_back(option, std::string(group));
    }
  }

  absl::StatusOr<ForeignLine> Finish(const std::vector<std::string>& command) {
    if (command.empty()) {
      return absl::InvalidArgumentError(
          "there is no command, and Muster's clush does not ask for one; write it behind the "
          "options, or use muster shell -t HOSTS");
    }
    for (const auto& [option, group] : groups_) {
      Add(option, absl::StrCat("@", absl::StrContains(group, ":") ? "" : source_, group));
    }
    line_.look.program = ForeignLook::Program::kClush;
    line_.words = {"--config", "none", "run", "-f", fanout_, "--connect-timeout", connect_timeout_};
    line_.words.push_back(progress_ ? "--progress=auto" : "--quiet");
    if (!line_.look.label) line_.words.push_back("--no-prefix");
    if (line_.look.lines && !line_.look.gather) line_.words.push_back("--sort");
    line_.words.insert(line_.words.end(), words_.begin(), words_.end());
    line_.words.push_back("--");
    line_.words.insert(line_.words.end(), command.begin(), command.end());
    return line_;
  }

  ForeignLine line_;
  std::vector<std::string> words_;
  std::vector<std::pair<const char*, std::string>> groups_;  // -t or -x, the group
  std::string source_;                                       // "rack:"
  std::string fanout_ = "64";
  std::string connect_timeout_ = "15";
  bool progress_ = false;
};

}  // namespace

absl::StatusOr<ForeignLine> TranslateClush(std::vector<std::string> arguments) {
  return ClushLine().Translate(std::move(arguments));
}

}  // namespace muster::client
