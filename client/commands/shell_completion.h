// What may stand next in a line of muster shell.
#ifndef CLIENT_COMMANDS_SHELL_COMPLETION_H_
#define CLIENT_COMMANDS_SHELL_COMPLETION_H_

#include "absl/strings/string_view.h"
#include "client/commands/line_editor.h"
#include "client/options/options.h"

namespace muster::client {

// `before`: the line up to the cursor. The shell's own commands, and the targets that they take, as
// completion.h knows them by inventory, ssh_config and known_hosts of `options`. Reads files.
LineEnds CompleteShellLine(absl::string_view before, const Options& options);

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_SHELL_COMPLETION_H_
