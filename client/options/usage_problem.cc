#include "client/options/usage_problem.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "client/options/help_format.h"

namespace muster::client {
namespace {

std::string MissingOption(const CLI::Option& option) {
  if (NameOf(option) == "--targets") {
    return "no targets: say on which hosts, with -t (--targets), such as -t 'web[1-3]' or -t @web";
  }
  std::string what = option.get_description();
  if (!what.empty()) what[0] = absl::ascii_tolower(static_cast<unsigned char>(what[0]));
  return absl::StrCat(NameOf(option), " is missing: ", what);
}

std::string Missing(const CLI::App& command, const ScannedArguments& scanned) {
  std::string problem;
  for (const CLI::App* each : SubcommandsOf(command)) {
    absl::StrAppend(&problem, problem.empty() ? "say what to do: " : ", ", each->get_name());
  }
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_required() || option->count() > 0) continue;
    absl::StrAppend(&problem, problem.empty() ? "" : "; ", MissingOption(*option));
  }
  if (scanned.command.empty()) return problem;
  return absl::StrCat(problem, "; options of muster go before the command, which begins with the ",
                      "first word that is none: \"", scanned.command.front(), "\"");
}

std::string Contradiction(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    if (option->count() == 0) continue;
    for (const CLI::Option* other : option->get_excludes()) {
      if (other->count() == 0) continue;
      return absl::StrCat(NameOf(*option), " and ", NameOf(*other),
                          " do not go together; give one of them");
    }
  }
  return "some of these options do not go together";
}

std::string TooMany(const CLI::App& app, const ScannedArguments& scanned) {
  const std::vector<std::string> words = app.remaining(/*recurse=*/true);
  const std::string usage =
      HelpFormat().make_usage(scanned.app, absl::StrCat("muster ", scanned.subcommand));
  return absl::StrCat("\"", words.empty() ? "" : words.front(), "\" is one word too many; write ",
                      absl::StripAsciiWhitespace(absl::StripPrefix(usage, "Usage: ")));
}

template <typename Error>
bool Is(const CLI::ParseError& error) {
  return dynamic_cast<const Error*>(&error) != nullptr;
}

}  // namespace

std::string ProblemOf(const CLI::ParseError& error, const CLI::App& app,
                      const ScannedArguments& scanned) {
  if (scanned.subcommand.empty() && Is<CLI::RequiredError>(error)) {
    return "say what to do, such as muster run -t 'web[01-20]' -- uptime, or muster runs";
  }
  if (scanned.app == nullptr) return error.what();
  const CLI::App& command = *scanned.app;
  if (Is<CLI::RequiredError>(error)) return Missing(command, scanned);
  if (Is<CLI::ExcludesError>(error)) return Contradiction(command);
  if (Is<CLI::ExtrasError>(error)) return TooMany(app, scanned);
  return error.what();  // those of values are our own
}

}  // namespace muster::client
