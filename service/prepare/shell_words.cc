#include "service/prepare/shell_words.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "ssh_engine/base/shell_word.h"

namespace muster::service {
namespace {

// Sets $1 to a newline. A variable might be one of the command's environment.
constexpr char kNewline[] = "set -- \"$(printf '\\nx')\"; set -- \"${1%x}\"; ";

bool IsPlainByte(char c) { return absl::ascii_isalnum(c) || absl::StrContains("_-./:,+@%=", c); }

// zsh takes a word that begins with '=' for a program's path, of a variable's value what does so
// behind a ':'; csh and fish take one with '%' for a job.
bool IsPlain(absl::string_view text) {
  return !text.empty() && text.front() != '=' && text.front() != '%' &&
         !absl::StrContains(text, ":=") && std::all_of(text.begin(), text.end(), IsPlainByte);
}

// Assignments, and csh's '@'.
bool IsPlainProgram(absl::string_view text) {
  return IsPlain(text) && text.find_first_of("=@%") == absl::string_view::npos && !IsGrammar(text);
}

}  // namespace

bool IsGrammar(absl::string_view word) {
  static const auto* const kReserved = new absl::flat_hash_set<absl::string_view>(
      {"and",     "begin",    "breaksw", "case",   "coproc", "default",   "do",     "done",
       "elif",    "else",     "end",     "endif",  "endsw",  "esac",      "fi",     "for",
       "foreach", "function", "goto",    "if",     "in",     "nocorrect", "noglob", "not",
       "or",      "repeat",   "select",  "switch", "then",   "time",      "until",  "while"});
  return kReserved->contains(word);
}

std::string QuoteForShell(absl::string_view text) {
  return IsPlain(text) ? std::string(text) : engine::QuotedWord(text);
}

std::string QuoteProgram(absl::string_view text) {
  return IsPlainProgram(text) ? std::string(text) : engine::QuotedWord(text);
}

std::string ForPosixShell(absl::string_view line) {
  const bool one_line = !absl::StrContains(line, '\n');
  const std::string script =
      one_line ? std::string(line)
               : absl::StrCat(kNewline, absl::StrReplaceAll(line, {{"\n", "'\"$1\"'"}}));
  return absl::StrCat("/bin/sh -c ", engine::QuotedWord(script));
}

}  // namespace muster::service
