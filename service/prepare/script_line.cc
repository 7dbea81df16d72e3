#include "service/prepare/script_line.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "service/prepare/shell_words.h"

namespace muster::service {
namespace {

// execve(2): longer ones are cut off or refused.
constexpr size_t kLongestFirstLine = 255;
constexpr char kShell[] = "/bin/sh";

// A folder of its own, by the first of these that takes one; then the file, of which a pipe must
// not be read too far: byte for byte. PATH may be the command's, and not have what is needed here.
constexpr char kTakeIn[] =
    "muster_u=$(umask); muster_p=$PATH; PATH=${PATH:+$PATH:}/usr/bin:/bin; umask 077; muster_d=; "
    "trap 'rm -rf \"$muster_d\"' 0; trap 'muster_s=1; rm -rf \"$muster_d\"' 1 2 15; "
    "case ${TMPDIR-} in /*) muster_t=$TMPDIR;; *) muster_t=/tmp;; esac; "
    "for muster_t in \"$muster_t\" \"$HOME\" /var/tmp /dev/shm; do "
    "muster_d=$(mktemp -d \"$muster_t/muster.XXXXXXXX\" 2>/dev/null) && break; muster_d=; "
    "muster_t=$muster_t/muster.$$; "
    "if mkdir -m 700 \"$muster_t\" 2>/dev/null; then muster_d=$muster_t; break; fi; done; "
    "if [ ! \"$muster_d\" ]; then echo \"muster: no folder can be made for the script in "
    "${TMPDIR:-/tmp}, $HOME, /var/tmp or /dev/shm; nothing was run\" >&2; exit 126; fi; "
    "muster_f=$muster_d/NAME; "
    "dd ibs=1 obs=65536 count=SIZE of=\"$muster_f\" 2>/dev/null; "
    "muster_n=$(wc -c < \"$muster_f\"); if [ ${muster_n:-0} -ne SIZE ]; then "
    "echo \"muster: ${muster_n:-0} of SIZE bytes of the script came to $muster_d: there is no "
    "room, "
    "or the connection broke; nothing was run\" >&2; exit 126; fi; ";

// In the background, where a shell has INT and QUIT ignored, which GNU's env undoes; since a trap
// waits for what is in the foreground: TERM removes the file at once, ahead of a KILL. Whether the
// script has ended is looked for anew after each signal. What a shell says of a child's signal is
// nobody's output; ksh tells that by 256 and more.
constexpr char kRun[] =
    "exec 3<&0 </dev/null; "
    "muster_e=$(command -v env) && $muster_e --default-signal=INT,QUIT true 2>/dev/null "
    "&& muster_e=\"$muster_e --default-signal=INT,QUIT\" || muster_e=; "
    "(umask $muster_u; PATH=$muster_p; SETUPexec ENVINTERPRETER \"$muster_f\"ARGUMENTS) "
    "<&3 3<&- & muster_p=$!; exec 3<&- >/dev/null 2>&1; "
    "while :; do muster_s=; wait $muster_p; muster_r=$?; "
    "[ \"$muster_s\" ] && kill -0 $muster_p || break; done; "
    "[ $muster_r -gt 255 ] && muster_r=$((muster_r-128)); exit $muster_r";

absl::Status Bad(absl::string_view problem) {
  return absl::InvalidArgumentError(absl::StrCat("script: ", problem));
}

// As the kernel splits it: blanks around it do not count, and those within the argument stay.
std::vector<std::string> SplitFirstLine(absl::string_view line) {
  line = absl::StripAsciiWhitespace(line);
  const size_t end = std::min(line.find_first_of(" \t"), line.size());
  if (end == 0) return {kShell};
  std::vector<std::string> words = {std::string(line.substr(0, end))};
  const absl::string_view argument = absl::StripLeadingAsciiWhitespace(line.substr(end));
  if (!argument.empty()) words.emplace_back(argument);
  return words;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> InterpreterOf(const v1::Script& script) {
  if (script.interpreter_size() > 0) {
    return std::vector<std::string>(script.interpreter().begin(), script.interpreter().end());
  }
  absl::string_view line = script.content();
  if (absl::StartsWith(line,
                       "\x7f"
                       "ELF")) {
    return Bad("it is a program, and no script: copy it to the hosts, or name an interpreter");
  }
  if (absl::StartsWith(line, "\xef\xbb\xbf#!")) {
    return Bad(
        "it begins with a byte order mark, behind which a system sees no #!: write it without");
  }
  if (!absl::ConsumePrefix(&line, "#!")) return std::vector<std::string>({kShell});
  line = line.substr(0, line.find('\n'));
  if (line.size() > kLongestFirstLine) return Bad("its first line is longer than a system takes");
  if (absl::StrContains(line, '\0')) return Bad("its first line holds a NUL");
  if (absl::EndsWith(line, "\r")) {
    return Bad(
        "its lines end with CR LF, which is part of the interpreter's name to a system: "
        "write them with LF alone, or name an interpreter");
  }
  return SplitFirstLine(line);
}

absl::StatusOr<std::string> ScriptLine(const v1::Script& script, absl::string_view setup,
                                       absl::string_view arguments) {
  const absl::StatusOr<std::vector<std::string>> interpreter = InterpreterOf(script);
  if (!interpreter.ok()) return interpreter.status();
  std::string words;
  for (const std::string& word : *interpreter) {
    absl::StrAppend(&words, words.empty() ? "" : " ", QuoteForShell(word));
  }
  // To env(1), what has a "=" is a variable.
  const bool by_env = !absl::StrContains(interpreter->front(), '=');
  const std::string name = QuoteForShell(script.name().empty() ? "script" : script.name());
  const std::string size = absl::StrCat(script.content().size());
  return absl::StrCat(absl::StrReplaceAll(kTakeIn, {{"NAME", name}, {"SIZE", size}}),
                      absl::StrReplaceAll(kRun, {{"SETUP", setup},
                                                 {"ENV", by_env ? "$muster_e " : ""},
                                                 {"INTERPRETER", words},
                                                 {"ARGUMENTS", arguments}}));
}

}  // namespace muster::service
