#include "client/options/option_defaults.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/library/server_address.h"
#include "client/options/caller_file.h"
#include "client/options/config_file.h"
#include "client/options/option_groups.h"
#include "client/options/secret_names.h"
#include "proto/nodeset/closest_names.h"

namespace muster::client {

const char kDefaultsText[] = R"(
Defaults: ~/.config/muster/config.yaml says what counts where an option is not given. Its keys are the
long names of these options; a flag is true or false, what may be repeated can be a list. Profiles
within it count before the rest of the file, and are chosen by --profile or $MUSTER_PROFILE:

  user: deploy
  max-in-flight: 50
  profiles:
    lab:
      inventory: ~/lab.yaml
      host-key-policy: accept-new

An option that is given counts before the environment, that before the profile, that before the
rest; a list replaces the other, and what excludes one that was given is left out. --fold=false
takes a flag back. rerun and watch take from it how a run is shown, targets which hosts, shell and
ping all that they have. -t, -d, --request-id and secrets do not belong into it, nor is it read where others can
write to it.

)";

namespace {

// Which of its settings hold for a subcommand: those of a group of options; "": of all.
struct Scope {
  const char* command;
  const char* group;
};
constexpr Scope kScopes[] = {{"run", ""},           {"shell", ""},
                             {"ping", ""},          {"rerun", kViewGroup},
                             {"watch", kViewGroup}, {"targets", kHostsGroup}};

// Variables that stand for an option, and are no value of it.
constexpr std::pair<const char*, const char*> kSecretVariables[] = {
    {"--password-file", "MUSTER_PASSWORD"}, {"--ask-password", "MUSTER_PASSWORD"}};

// What --credential takes the place of: a daemon's credential has its own.
constexpr const char* kOfOwnLogin[] = {"--identity", "--identities-only", "--known-hosts",
                                       "--ssh-config", "--ssh-option"};

absl::Status Wrong(const Setting& setting, absl::string_view problem) {
  return absl::InvalidArgumentError(absl::StrCat(setting.place, ": ", problem));
}

// Null: there is none of this name that a file may set.
template <typename App>  // const or not, as the option is then
auto Find(App& app, const std::string& name) {
  const auto option = app.get_option_no_throw("--" + name);
  const bool settable = option != nullptr && option->get_configurable() && option->nonpositional();
  return settable ? option : nullptr;
}

absl::Status Unknown(const CLI::App& app, const CLI::App& run, const Setting& setting) {
  if (app.get_option_no_throw("--" + setting.name) != nullptr ||
      run.get_option_no_throw("--" + setting.name) != nullptr) {
    return Wrong(setting, absl::StrCat("--", setting.name,
                                       " belongs to one command line alone, not into this file"));
  }
  if (NamesSecret(setting.name)) {
    return Wrong(setting, absl::StrCat(setting.name,
                                       ": secrets do not belong into this file; name another one, "
                                       "that nobody else can read, with password-file"));
  }
  std::vector<absl::string_view> names = {"profiles"};
  for (const CLI::App* each : {&app, &run}) {
    for (const CLI::Option* option : each->get_options()) {
      if (!option->get_configurable()) continue;
      for (const std::string& name : option->get_lnames()) names.push_back(name);
    }
  }
  const std::vector<absl::string_view> close = ClosestNames(setting.name, names);
  return Wrong(setting,
               absl::StrCat("there is no option \"", setting.name, "\"",
                            close.empty() ? "; muster run --help has them all" : "; did you mean ",
                            absl::StrJoin(close, " or "), close.empty() ? "" : "?"));
}

absl::Status CheckForm(const CLI::Option& option, const Setting& setting) {
  if (!TakesList(option) && setting.values.size() > 1) {
    return Wrong(setting, absl::StrCat(setting.name, " takes one value, not a list"));
  }
  const std::string& value = setting.values.front();
  if (!TakesValue(option) && value != "true" && value != "false") {
    return Wrong(setting,
                 absl::StrCat(setting.name, ": \"", value, "\" is neither true nor false"));
  }
  if (TakesValue(option) && absl::c_linear_search(setting.values, "")) {
    return Wrong(setting, absl::StrCat(setting.name, ": its value is empty; leave it out"));
  }
  for (const std::string& pair : setting.values) {
    if (setting.name != "env" || !NamesSecret(pair.substr(0, pair.find('=')))) continue;
    return Wrong(setting,
                 absl::StrCat("env: ", pair.substr(0, pair.find('=')),
                              " looks like a secret, which does not belong into this file"));
  }
  return absl::OkStatus();
}

// As it is checked on the command line.
absl::Status CheckValue(CLI::Option* option, const Setting& setting) {
  try {
    option->clear();
    option->add_result(setting.values);
    option->run_callback();
  } catch (const CLI::Error& error) {
    return Wrong(setting, error.what());
  }
  return absl::OkStatus();
}

// Whatever the file says, of options of its own.
absl::Status Check(const std::vector<ConfigSection>& sections) {
  Options unused;
  const std::unique_ptr<CLI::App> app = MakeApp(&unused);
  CLI::App* const run = app->get_subcommand("run");
  for (const ConfigSection& section : sections) {
    for (const Setting& setting : section.settings) {
      CLI::Option* const global = Find(*app, setting.name);
      CLI::Option* const option = global != nullptr ? global : Find(*run, setting.name);
      if (option == nullptr) return Unknown(*app, *run, setting);
      absl::Status status = CheckForm(*option, setting);
      if (status.ok()) status = CheckValue(option, setting);
      if (!status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

bool EnvironmentSays(const CLI::Option& option) {
  const std::string variable = option.get_envname();
  if (!variable.empty() && !FromEnvironment(variable.c_str()).empty()) return true;
  const auto says = [&](const auto& pair) {
    return option.check_name(pair.first) && !FromEnvironment(pair.second).empty();
  };
  return std::any_of(std::begin(kSecretVariables), std::end(kSecretVariables), says);
}

// Takes the settings of one section after the other, those that count most first. Lives for one
// call.
class Taking {
 public:
  Taking(const CLI::App& app, const ScannedArguments& scanned) : app_(app), command_(*scanned.app) {
    for (const auto& [option, value] : scanned.given) {
      decided_.insert(option);
      if (value != "false" || TakesValue(*option)) Exclude(*option);
    }
  }

  absl::Status Take(const ConfigSection& section) {
    std::vector<std::pair<const CLI::Option*, const Setting*>> taken;
    for (const Setting& setting : section.settings) {
      const CLI::Option* const option = Applying(setting.name);
      if (option == nullptr || decided_.count(option) > 0 || EnvironmentSays(*option)) continue;
      for (const auto& [other, earlier] : taken) {
        if (!Counts(*option, setting) || option->get_excludes().count(Mutable(other)) == 0)
          continue;
        return Wrong(setting, absl::StrCat(setting.name, " and ", earlier->name, " (",
                                           earlier->place, ") do not go together; leave one out"));
      }
      Add(*option, setting);
      if (Counts(*option, setting)) taken.emplace_back(option, &setting);
      undecided_.insert(option);
    }
    decided_.insert(undecided_.begin(), undecided_.end());
    for (const auto& [option, setting] : taken) Exclude(*option);
    return absl::OkStatus();
  }

  const std::vector<std::string>& words() const { return words_; }

 private:
  static CLI::Option* Mutable(const CLI::Option* option) {
    return const_cast<CLI::Option*>(option);  // as CLI11 keeps them in its sets
  }

  static bool Counts(const CLI::Option& option, const Setting& setting) {
    return TakesValue(option) || setting.values.front() == "true";
  }

  // Null: the setting is not for this subcommand.
  const CLI::Option* Applying(const std::string& name) const {
    if (const CLI::Option* global = Find(app_, name); global != nullptr) return global;
    const CLI::Option* const option = Find(command_, name);
    if (option == nullptr) return nullptr;
    for (const Scope& scope : kScopes) {
      if (command_.get_name() != scope.command) continue;
      if (*scope.group == 0 || option->get_group() == scope.group) return option;
    }
    return nullptr;
  }

  void Add(const CLI::Option& option, const Setting& setting) {
    if (!Counts(option, setting)) return;
    for (const std::string& value : setting.values) {
      words_.push_back("--" + setting.name);
      if (TakesValue(option)) words_.push_back(value);
    }
  }

  void Exclude(const CLI::Option& option) {
    for (const CLI::Option* other : option.get_excludes()) decided_.insert(other);
    if (!option.check_name("--credential")) return;
    for (const char* name : kOfOwnLogin) decided_.insert(command_.get_option_no_throw(name));
  }

  const CLI::App& app_;
  const CLI::App& command_;
  std::set<const CLI::Option*> decided_;    // by what counts before
  std::set<const CLI::Option*> undecided_;  // until the section ends
  std::vector<std::string> words_;
};

absl::StatusOr<std::vector<ConfigSection>> Read(const std::string& given) {
  if (given == "none") return std::vector<ConfigSection>();
  const std::string path = given.empty() ? ConfigFolder() + "/config.yaml" : AbsolutePath(given);
  absl::StatusOr<std::vector<ConfigSection>> sections = ReadConfigFile(path);
  if (given.empty() && absl::IsNotFound(sections.status())) return std::vector<ConfigSection>();
  return sections;
}

absl::StatusOr<const ConfigSection*> Profile(const std::vector<ConfigSection>& sections,
                                             const std::string& name) {
  std::vector<absl::string_view> names;
  for (size_t i = 1; i < sections.size(); ++i) {
    if (sections[i].name == name) return &sections[i];
    names.push_back(sections[i].name);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--profile: there is no profile \"", name, "\" in ",
                   sections.empty() ? absl::StrCat(ConfigFolder(),
                                                   "/config.yaml, which does not exist or is "
                                                   "not read (--config none)")
                                    : "the configuration file",
                   names.empty() ? "" : absl::StrCat("; ", Suggest(name, names, ""))));
}

// What was given for a global option, else the environment's.
std::string ValueOf(const CLI::App& app, const ScannedArguments& scanned, const char* name) {
  const CLI::Option* const option = app.get_option(name);
  const auto found = scanned.given.find(option);
  return found != scanned.given.end() ? found->second
                                      : FromEnvironment(option->get_envname().c_str());
}

bool AsksForText(const CLI::App& app, const ScannedArguments& scanned) {
  const auto is_given = [&](const CLI::Option* option) {
    return option != nullptr && scanned.given.count(option) > 0;
  };
  return is_given(app.get_help_ptr()) || is_given(app.get_version_ptr()) ||
         is_given(scanned.app->get_help_ptr());
}

}  // namespace

void AddDefaultsOptions(CLI::App* app) {
  app->add_option("--config",
                  "Defaults for these options, YAML; none: do without [$MUSTER_CONFIG, "
                  "~/.config/muster/config.yaml]")
      ->envname("MUSTER_CONFIG")
      ->configurable(false)
      ->expected(1)
      ->type_name("FILE");
  app->add_option("--profile",
                  "Which of its profiles counts before the rest of it "
                  "[$MUSTER_PROFILE]")
      ->envname("MUSTER_PROFILE")
      ->configurable(false)
      ->expected(1)
      ->type_name("NAME");
}

absl::Status AddDefaults(const CLI::App& app, ScannedArguments* scanned) {
  if (scanned->app == nullptr || AsksForText(app, *scanned)) return absl::OkStatus();
  const absl::StatusOr<std::vector<ConfigSection>> sections =
      Read(ValueOf(app, *scanned, "--config"));
  if (!sections.ok()) return sections.status();
  absl::Status status = Check(*sections);
  const bool without = ValueOf(app, *scanned, "--config") == "none";
  const bool named = scanned->given.count(app.get_option("--profile")) > 0;
  // One that the environment names is of a file that is not to be read.
  const std::string profile = without && !named ? "" : ValueOf(app, *scanned, "--profile");
  Taking taking(app, *scanned);
  if (status.ok() && !profile.empty()) {
    const absl::StatusOr<const ConfigSection*> section = Profile(*sections, profile);
    status = section.ok() ? taking.Take(**section) : section.status();
  }
  if (status.ok() && !sections->empty()) status = taking.Take(sections->front());
  scanned->words.insert(scanned->words.begin() + scanned->options_at, taking.words().begin(),
                        taking.words().end());
  return status;
}

}  // namespace muster::client
