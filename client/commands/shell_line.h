// What a line of muster shell asks for.
#ifndef CLIENT_COMMANDS_SHELL_LINE_H_
#define CLIENT_COMMANDS_SHELL_LINE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace muster::client {

// A value.
struct ShellLine {
  enum class Kind {
    kNothing,  // blank, or a comment
    kRun,      // `text` is the hosts' to run
    kHosts,
    kTargets,  // `text`: an expression; "": tell which ones
    kOnly,     // `text`: an expression, "failed" or "unreached"
    kDrop,     // the same
    kHelp,
    kQuit,
    kWrong,  // `text`: why, for a person
  };
  Kind kind = Kind::kNothing;
  std::string text;
};

// A line whose first sign is a colon, followed by a letter, is the shell's own; "exit", "quit" and
// "logout" alone are, too. What would be without effect on the hosts, since no line begins where
// the one before it has ended ("cd /srv" alone), is kWrong, and says what to write.
ShellLine ReadShellLine(absl::string_view line);

// ":drop" and the others, sorted.
const std::vector<std::string>& ShellCommands();
// What :help says.
extern const char kShellCommandsText[];

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_SHELL_LINE_H_
