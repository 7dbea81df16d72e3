#include "service/prepare/line_setup.h"

#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "service/prepare/placeholders.h"
#include "service/prepare/shell_words.h"

namespace muster::service {
namespace {

// True in csh alone, which takes the backslash away. It does not stop where a builtin that it does
// not know fails, and knows no "export": its part stands in front.
constexpr char kIsCsh[] = "test '\\!' = !";
constexpr char kNotExported[] =
    "exec /bin/sh -c 'echo muster: the login shell cannot export these variables, it has to be a "
    "POSIX shell, fish or csh, and none of the names one that it sets itself >&2; exit 126' || "
    "exit 126";
// csh reads a line to its end first, and takes no newline within quotes.
constexpr char kNotInCsh[] =
    " && exec /bin/sh -c 'echo muster: csh cannot be given a variable or folder that has a line "
    "end, or variables of more than 16 KiB >&2; exit 126'\n";
// They stand in the line twice for csh. More are other shells' alone.
constexpr size_t kMostForCsh = 16 * 1024;

bool HasNewline(const std::string& text) { return absl::StrContains(text, '\n'); }

// From the root, so that it is neither an option of cd nor looked for in CDPATH.
std::string FolderWord(const std::vector<TextPart>& parts) {
  const TextPart& first = parts.front();
  const bool relative = first.placeholder.empty() && !absl::StartsWith(first.text, "/");
  return absl::StrCat(relative ? "\"$HOME\"/" : "", QuoteParts(parts));
}

// csh ends with 1 where cd fails, and may have an alias for cd of several commands, of which "||"
// is about the last alone: so that it is tried before. A restricted shell has no exec, and goes on.
std::string EnterFolder(const std::string& word) {
  const std::string guard = absl::StrCat(
      " || exec /bin/sh -c 'cd \"$0\"; echo muster: the working directory cannot be entered, "
      "nothing was run >&2; exit 126' ",
      word, " || exit 126; ");
  return absl::StrCat("test -x ", word, "/.", guard, "cd ", word, guard);
}

std::string SetUmask(uint32_t mask) { return absl::StrFormat("umask %04o || exit 126; ", mask); }

}  // namespace

std::string Exports(const std::map<std::string, std::string>& variables, LineShell shell) {
  if (variables.empty()) return "";
  std::string exports = "export";
  std::string of_csh = kIsCsh;
  for (const auto& [name, value] : variables) {
    const std::string word = QuoteForShell(value);
    absl::StrAppend(&exports, " ", name, "=", word);
    absl::StrAppend(&of_csh, " && setenv ", name, " ", word);
  }
  absl::StrAppend(&exports, " || ", kNotExported, "; ");
  if (shell == LineShell::kPosix) return exports;
  if (HasNewline(exports) || exports.size() > kMostForCsh) {
    return absl::StrCat(kIsCsh, kNotInCsh, exports);
  }
  return absl::StrCat(of_csh, " || ", exports);
}

absl::StatusOr<std::string> SetupOf(const v1::Command& command, LineShell shell) {
  std::string setup;
  if (command.has_umask()) absl::StrAppend(&setup, SetUmask(command.umask()));
  if (!command.working_directory().empty()) {
    absl::StatusOr<std::vector<TextPart>> parts = PartsOf(command, command.working_directory());
    if (!parts.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("working_directory: ", parts.status().message()));
    }
    absl::StrAppend(&setup, EnterFolder(FolderWord(*parts)));
    if (shell == LineShell::kLogin && HasNewline(setup)) {
      setup = absl::StrCat(kIsCsh, kNotInCsh, setup);
    }
  }
  // Sorted, so that the same specification makes the same line.
  absl::StrAppend(&setup,
                  Exports({command.environment().begin(), command.environment().end()}, shell));
  return setup;
}

}  // namespace muster::service
