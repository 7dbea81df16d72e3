#include "client/options/help_format.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "client/options/argument_scan.h"

namespace muster::client {
namespace {

constexpr size_t kWidth = 100;
constexpr size_t kColumn = 30;

// `text` behind what stands in a line already, `used` characters; further lines begin with `indent`
// blanks.
void AppendWrapped(absl::string_view text, size_t used, size_t indent, std::string* to) {
  bool blank = false;  // between two words
  for (const absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    if (blank && used + 1 + word.size() > kWidth) {
      absl::StrAppend(to, "\n", std::string(indent, ' '));
      used = indent;
      blank = false;
    }
    absl::StrAppend(to, blank ? " " : "", word);
    used += word.size() + (blank ? 1 : 0);
    blank = true;
  }
  absl::StrAppend(to, "\n");
}

// `left` and, from the second column on, `right`.
std::string Entry(absl::string_view left, absl::string_view right) {
  std::string text = absl::StrCat("  ", left);
  const bool fits = text.size() + 2 <= kColumn;
  absl::StrAppend(&text, fits ? "" : "\n", std::string(kColumn - (fits ? text.size() : 0), ' '));
  AppendWrapped(right, kColumn, kColumn, &text);
  return text;
}

std::string PositionalUsage(const CLI::Option& option) {
  const std::string name = absl::StrCat(ValueName(option), TakesList(option) ? "..." : "");
  const bool needed = option.get_required() || TakesList(option);
  return needed ? name : absl::StrCat("[", name, "]");
}

}  // namespace

std::string HelpFormat::make_help(const CLI::App* app, std::string name,
                                  CLI::AppFormatMode mode) const {
  const std::string help = Formatter::make_help(app, std::move(name), mode);
  return absl::StrReplaceAll(help, {{"\n\n\n\n", "\n\n"}, {"\n\n\n", "\n\n"}});
}

std::string HelpFormat::make_usage(const CLI::App* app, std::string name) const {
  std::vector<std::string> words = {"Usage:", std::move(name), "[OPTIONS]"};
  for (const CLI::Option* option : app->get_options()) {
    if (option->get_positional()) words.push_back(PositionalUsage(*option));
  }
  if (HasSubcommands(*app)) words.push_back("COMMAND ...");
  return absl::StrJoin(words, " ") + "\n";
}

std::string HelpFormat::make_footer(const CLI::App* app) const {
  std::string text;
  std::string paragraph;
  const auto end = [&] {
    if (!paragraph.empty()) AppendWrapped(paragraph, 0, 0, &text);
    paragraph.clear();
  };
  for (const absl::string_view line : absl::StrSplit(app->get_footer(), '\n')) {
    if (!line.empty() && line[0] != ' ') {
      absl::StrAppend(&paragraph, line, " ");
      continue;
    }
    end();
    absl::StrAppend(&text, line, "\n");
  }
  end();
  return text;
}

std::string HelpFormat::make_subcommand(const CLI::App* sub) const {
  return Entry(sub->get_name(), sub->get_description());
}

std::string HelpFormat::make_option(const CLI::Option* option, bool is_positional) const {
  if (is_positional) return Entry(ValueName(*option), option->get_description());
  const std::string names = absl::StrReplaceAll(option->get_name(false, true), {{",", ", "}});
  const std::string value = MayStandAlone(*option) ? "[=" + ValueName(*option) + "]"
                            : TakesValue(*option)  ? " " + ValueName(*option)
                                                   : "";
  return Entry(absl::StrCat(names, value), option->get_description());
}

}  // namespace muster::client
