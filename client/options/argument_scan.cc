#include "client/options/argument_scan.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "proto/nodeset/closest_names.h"

namespace muster::client {
namespace {

class Scan {
 public:
  Scan(const CLI::App& app, const std::vector<std::string>& arguments)
      : app_(app), rest_(arguments.begin()), end_(arguments.end()) {}

  ScannedArguments Run() {
    while (rest_ != end_ && out_.problem.empty()) Take(*rest_++);
    return std::move(out_);
  }

 private:
  void Take(const std::string& word) {
    if (word == "--") {
      TakeRest(word);
    } else if (absl::StartsWith(word, "--")) {
      TakeLong(word);
    } else if (word.size() > 1 && word[0] == '-') {
      TakeShort(word);
    } else if (subcommand_ == nullptr || HasSubcommands(*subcommand_)) {
      TakeSubcommand(word);
    } else if (subcommand_->get_positionals_at_end()) {
      --rest_;
      TakeCommand();
    } else if (TakesWords(*subcommand_)) {
      out_.command.push_back(word);
    } else {
      out_.words.push_back(word);
      ++out_.positionals;
    }
  }

  void TakeRest(const std::string& mark) {
    out_.only_words = true;
    if (subcommand_ != nullptr && TakesWords(*subcommand_)) return TakeCommand();
    out_.words.push_back(mark);
    out_.words.insert(out_.words.end(), rest_, end_);
    out_.positionals += static_cast<size_t>(end_ - rest_);
    rest_ = end_;
  }

  static bool TakesWords(const CLI::App& subcommand) {
    const std::vector<const CLI::Option*> options = subcommand.get_options();
    return std::any_of(options.begin(), options.end(), [](const CLI::Option* option) {
      return option->get_positional() && TakesList(*option);
    });
  }

  void TakeCommand() {
    out_.command.insert(out_.command.end(), rest_, end_);
    rest_ = end_;
  }

  void TakeSubcommand(const std::string& word) {
    std::vector<absl::string_view> names;
    const CLI::App* taken = nullptr;
    for (const CLI::App* candidate : SubcommandsOf(subcommand_ != nullptr ? *subcommand_ : app_)) {
      if (candidate->get_name() == word) taken = candidate;
      names.push_back(candidate->get_name());
    }
    out_.words.push_back(word);
    if (taken == nullptr) {
      return Tell(absl::StrCat("there is no command \"", word, "\""), ClosestNames(word, names));
    }
    out_.options_at = out_.words.size();
    out_.app = subcommand_ = taken;
    absl::StrAppend(&out_.subcommand, out_.subcommand.empty() ? "" : " ", word);
  }

  // --name, --name value, --name=value; --flag=false, too.
  void TakeLong(const std::string& word) {
    const size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const CLI::Option* option = Find(name);
    if (option == nullptr) return TellUnknown(name);
    if (MayStandAlone(*option)) {
      const bool alone = equals == std::string::npos;
      return TakeJoined(*option, name, alone ? option->get_default_str() : word.substr(equals + 1));
    }
    if (!TakesValue(*option)) {
      return TakeFlag(*option, word,
                      equals == std::string::npos ? "true" : word.substr(equals + 1));
    }
    out_.words.push_back(name);
    if (equals == std::string::npos) return TakeNextAsValue(*option);
    TakeValue(*option, word.substr(equals + 1));
  }

  // `word` is all of it, as CLI11 is to read it.
  void TakeFlag(const CLI::Option& option, const std::string& word, const std::string& value) {
    if (value != "true" && value != "false") {
      out_.problem = absl::StrCat(NameOf(option), " takes no value, and \"", value,
                                  "\" is given; write it alone");
      return;
    }
    out_.given[&option] = value;
    out_.words.push_back(word);
  }

  // --name, --name=value: what follows is no value.
  void TakeJoined(const CLI::Option& option, const std::string& name, const std::string& value) {
    if (!value.empty()) return TakeValue(option, absl::StrCat(name, "=", value));
    out_.problem = absl::StrCat(name, "=: its value is missing; write ", name, "=",
                                ValueName(option), ", or ", name, " alone");
  }

  // -f, -fg, -t value, -tvalue, -ft value.
  void TakeShort(const std::string& word) {
    for (size_t i = 1; i < word.size(); ++i) {
      const std::string name = {'-', word[i]};
      const CLI::Option* option = Find(name);
      if (option == nullptr) return TellUnknown(i == 1 ? word.substr(0, 2) : name);
      if (!TakesValue(*option)) {
        TakeFlag(*option, name, "true");
        continue;
      }
      out_.words.push_back(name);
      if (i + 1 == word.size()) return TakeNextAsValue(*option);
      return TakeValue(*option, word.substr(i + 1));
    }
  }

  void TakeNextAsValue(const CLI::Option& option) {
    if (rest_ != end_) return TakeValue(option, *rest_++);
    out_.awaiting = &option;
    out_.problem = absl::StrCat(NameOf(option), ": its value is missing; write ", NameOf(option),
                                " ", ValueName(option));
  }

  void TakeValue(const CLI::Option& option, std::string value) {
    if (value.empty()) {  // a variable that is not set, most likely
      out_.problem = absl::StrCat(NameOf(option), ": its value is empty; leave it out");
      return;
    }
    const auto [before, first] = out_.given.emplace(&option, value);
    if (!first && !TakesList(option)) {
      out_.problem = absl::StrCat(NameOf(option), " is given twice, as \"", before->second,
                                  "\" and as \"", value, "\"; give it once");
    }
    out_.words.push_back(std::move(value));
  }

  const CLI::Option* Find(const std::string& name) const {
    const CLI::Option* own =
        subcommand_ != nullptr ? subcommand_->get_option_no_throw(name) : nullptr;
    return own != nullptr ? own : app_.get_option_no_throw(name);
  }

  void TellUnknown(const std::string& name) {
    if (name == "--password") {
      out_.problem =
          "--password: arguments can be read by everyone on this machine (ps), so none takes a "
          "password; use --password-file FILE, --ask-password or $MUSTER_PASSWORD";
      return;
    }
    std::vector<absl::string_view> names;
    AddLongNames(app_, &names);
    if (subcommand_ != nullptr) AddLongNames(*subcommand_, &names);
    const bool is_long = absl::StartsWith(name, "--");
    std::vector<absl::string_view> close;
    if (is_long) close = ClosestNames(absl::string_view(name).substr(2), names);
    Tell(absl::StrCat("there is no option ", name), close, "--");
  }

  static void AddLongNames(const CLI::App& app, std::vector<absl::string_view>* names) {
    for (const CLI::Option* option : app.get_options()) {
      for (const std::string& name : option->get_lnames()) names->push_back(name);
    }
  }

  void Tell(std::string problem, const std::vector<absl::string_view>& close,
            absl::string_view prefix = "") {
    const auto add = [&](std::string* out, absl::string_view name) {
      absl::StrAppend(out, prefix, name);
    };
    if (!close.empty()) {
      absl::StrAppend(&problem, "; did you mean ", absl::StrJoin(close, " or ", add), "?");
    }
    out_.problem = std::move(problem);
  }

  const CLI::App& app_;
  std::vector<std::string>::const_iterator rest_;
  const std::vector<std::string>::const_iterator end_;
  const CLI::App* subcommand_ = nullptr;
  ScannedArguments out_;
};

}  // namespace

ScannedArguments ScanArguments(const CLI::App& app, const std::vector<std::string>& arguments) {
  return Scan(app, arguments).Run();
}

std::string NameOf(const CLI::Option& option) {
  if (!option.get_lnames().empty()) return "--" + option.get_lnames().front();
  return option.get_snames().empty() ? ValueName(option) : "-" + option.get_snames().front();
}

std::string ValueName(const CLI::Option& option) {
  const std::string name = option.get_type_name();
  return name.substr(0, name.find(':'));
}

std::vector<std::string> ChoicesOf(const CLI::Option& option) {
  const std::string name = option.get_type_name();  // with what AddChoice puts behind a colon
  const size_t colon = name.find(':');
  if (colon == name.npos) return {};
  return absl::StrSplit(name.substr(colon + 1), '|');
}

std::vector<const CLI::App*> SubcommandsOf(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

bool HasSubcommands(const CLI::App& app) { return !SubcommandsOf(app).empty(); }

bool TakesValue(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

bool MayStandAlone(const CLI::Option& option) {
  return TakesValue(option) && option.get_items_expected_min() == 0 && !option.get_positional();
}

bool TakesList(const CLI::Option& option) { return option.get_items_expected_max() > 1; }

}  // namespace muster::client
