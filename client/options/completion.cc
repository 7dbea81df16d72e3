#include "client/options/completion.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "client/library/server_address.h"
#include "client/options/argument_scan.h"
#include "client/options/caller_file.h"
#include "client/options/config_file.h"
#include "client/options/file_candidates.h"
#include "client/options/known_names.h"
#include "client/options/option_defaults.h"
#include "client/options/option_groups.h"

namespace muster::client {
namespace {

// "--user, -u NAME: Remote user ..." is too long for a list.
std::string FirstSentence(const std::string& text) {
  return text.substr(0, std::min({text.find(". "), text.find("; "), text.find(" [")}));
}

// Lives for one call.
class Completer {
 public:
  explicit Completer(const std::vector<std::string>& words)
      : app_(MakeApp(&unused_)),
        begun_(words.empty() ? "" : words.back()),
        scanned_(
            ScanArguments(*app_, {words.begin(), words.empty() ? words.end() : words.end() - 1})) {}

  Completion Run() {
    if (!scanned_.problem.empty() && scanned_.awaiting == nullptr) return out_;
    TakeDefaults();
    if (scanned_.awaiting != nullptr) {
      Value(*scanned_.awaiting, "", begun_);
    } else if (!scanned_.command.empty() || scanned_.only_words) {
      Positional();
    } else if (absl::StartsWith(begun_, "-")) {
      Option();
    } else if (scanned_.app == nullptr || HasSubcommands(*scanned_.app)) {
      Subcommands(scanned_.app == nullptr ? *app_ : *scanned_.app);
    } else {
      Positional();
    }
    return std::move(out_);
  }

 private:
  // A file that is wrong is told where the command is given.
  void TakeDefaults() {
    const std::string problem = std::move(scanned_.problem);
    AddDefaults(*app_, &scanned_).IgnoreError();
    out_.options.server = Given("--server");
    out_.options.server_user = Given("--server-user");
    out_.options.tls.certificate = Given("--tls-cert");
    out_.options.tls.key = Given("--tls-key");
    out_.options.tls.ca = Given("--tls-ca");
  }

  const CLI::Option* Find(const std::string& name) const {
    const CLI::Option* const own =
        scanned_.app != nullptr ? scanned_.app->get_option_no_throw(name) : nullptr;
    return own != nullptr ? own : app_->get_option_no_throw(name);
  }

  // By the command line, the environment or the file of defaults; "": by none.
  std::string Given(const char* name) const {
    const CLI::Option* const option = Find(name);
    if (option == nullptr) return "";
    for (size_t i = 0; i + 1 < scanned_.words.size(); ++i) {
      if (option->check_name(scanned_.words[i])) return scanned_.words[i + 1];
    }
    return option->get_envname().empty() ? "" : FromEnvironment(option->get_envname().c_str());
  }

  void Add(std::string text, std::string what) {
    if (!absl::StartsWith(text, begun_)) return;
    out_.candidates.push_back({std::move(text), std::move(what)});
  }

  void Subcommands(const CLI::App& app) {
    for (const CLI::App* each : SubcommandsOf(app)) {
      Add(each->get_name(), FirstSentence(each->get_description()));
    }
  }

  // Its name, or behind "--name=" its value.
  void Option() {
    const size_t equals = begun_.find('=');
    if (equals != std::string::npos) {
      const CLI::Option* const option = Find(begun_.substr(0, equals));
      if (option == nullptr || !TakesValue(*option)) return;
      return Value(*option, begun_.substr(0, equals + 1), begun_.substr(equals + 1));
    }
    for (const CLI::App* app : {scanned_.app, static_cast<const CLI::App*>(app_.get())}) {
      if (app == nullptr) continue;
      for (const CLI::Option* option : app->get_options()) {
        if (scanned_.given.count(option) > 0 && !TakesList(*option)) continue;
        for (const std::string& name : option->get_lnames()) {
          Add("--" + name, FirstSentence(option->get_description()));
        }
      }
    }
  }

  // The argument that is next.
  void Positional() {
    const std::string command = scanned_.app == nullptr ? "" : scanned_.app->get_name();
    if (command == "help") return Subcommands(*app_);
    if (command == "run") return Files("", begun_, false);  // it is on the hosts: they may be alike
    if (command == "rm") return Ask(Completion::Ask::kArtifacts, "", begun_);
    if (scanned_.app == nullptr) return;
    size_t at = 0;
    for (const CLI::Option* option : scanned_.app->get_options()) {
      if (!option->get_positional()) continue;
      if (at++ == scanned_.positionals) return Value(*option, "", begun_);
    }
  }

  // `prefix` stands before the value in the word.
  void Value(const CLI::Option& option, const std::string& prefix, const std::string& value) {
    const std::string type = ValueName(option);
    const std::vector<std::string> choices = ChoicesOf(option);
    for (const std::string& choice : choices) Add(prefix + choice, "");
    if (type == "TARGETS" || type == "HOST") return Targets(prefix, value);
    if (type == "RUN") return Ask(Completion::Ask::kRuns, prefix, value);
    if (option.check_name("--input-artifact")) {
      return Ask(Completion::Ask::kArtifacts, prefix, value);
    }
    if (type == "FILE" || type == "KEYFILE") return Files(prefix, value, false);
    if (type == "DIR") return Files(prefix, value, true);
  }

  void Ask(Completion::Ask what, const std::string& prefix, const std::string& value) {
    if (what == Completion::Ask::kRuns) Add(prefix + "last", "your newest run");
    out_.ask = what;
    out_.daemon_prefix = prefix;
    out_.begun = value;
  }

  void Files(const std::string& prefix, const std::string& begun, bool folders) {
    for (const std::string& path : FileCandidates(begun, folders)) Add(prefix + path, "");
  }

  // Of an expression its last operand.
  void Targets(const std::string& prefix, const std::string& value) {
    const size_t end = value.find_last_of(",!&^( ");
    const size_t begin = end == std::string::npos ? 0 : end + 1;
    const std::string before = prefix + value.substr(0, begin);
    const std::string operand = value.substr(begin);
    if (absl::StartsWith(operand, "@@")) return Files(before + "@@", operand.substr(2), false);
    const KnownNames names = ReadKnownNames(Inventory(), Given("--ssh-config"));
    for (const std::string& group : names.groups) Add(absl::StrCat(before, "@", group), "group");
    const size_t at = operand.rfind('@');  // behind "user@"
    const bool user = at != std::string::npos && at > 0;
    const std::string login = user ? operand.substr(0, at + 1) : "";
    for (const std::string& host : names.hosts) Add(before + login + host, "host");
  }

  std::string Inventory() const {
    const std::string given = Given("--inventory");
    return given.empty() ? ConfigFolder() + "/inventory.yaml" : AbsolutePath(given);
  }

  Options unused_;
  const std::unique_ptr<CLI::App> app_;
  const std::string begun_;
  ScannedArguments scanned_;
  Completion out_;
};

}  // namespace

Completion Complete(const std::vector<std::string>& words) { return Completer(words).Run(); }

}  // namespace muster::client
