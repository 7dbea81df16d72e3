#include "ssh_engine/kill_command.h"

#include "absl/strings/str_cat.h"

namespace muster::engine {

// `exec`: so that $PPID is the server's process, not the login shell. The kernel's list of children
// first, for it is cheap and needs no ps; POSIX ps where there is none. The shell's own process
// ($$) is a child as well.
std::string KillCommand(absl::string_view signal) {
  return absl::StrCat(
      "exec /bin/sh -c '"
      "kids=$(cat /proc/$PPID/task/$PPID/children 2>/dev/null); "
      "[ -n \"$kids\" ] || kids=$(ps -A -o pid= -o ppid= | while read -r pid parent; do "
      "[ \"$parent\" != \"$PPID\" ] || echo \"$pid\"; done); "
      "for pid in $kids; do [ \"$pid\" = \"$$\" ] || kill -s ",
      signal, " -- \"-$pid\"; done 2>/dev/null'");
}

}  // namespace muster::engine
