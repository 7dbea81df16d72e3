// The shell line that ends a command from a second channel.
#ifndef SSH_ENGINE_STOP_LINE_H_
#define SSH_ENGINE_STOP_LINE_H_

#include <string>

#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"

namespace muster::engine {

// What the line writes once it has found its place: without that, something else answered (a forced
// command), and it is not sent again.
constexpr absl::string_view kStopLineToken = "muster-stop\n";

// Sends `signal` ("TERM") to the process groups of the children of the line's own parent, itself
// excepted: OpenSSH and Dropbear serve all channels of one connection from one process. Only where
// that parent is an SSH server's (else it was adopted by init, say), and only to a group whose
// leader is such a child. Reads /proc, or asks ps where there is none. Starts no other program on
// Linux.
//
// Any login shell has to take it: one pair of single quotes, without quotes, backslashes, newlines
// and exclamation marks within.
inline std::string StopLine(absl::string_view signal) {
  constexpr absl::string_view kLine =
      "exec /bin/sh -c 'm=$$; p=$PPID; for i in 1 2 3 4; do [ \"$p\" -gt 1 ] || exit 3; n=; "
      "if [ -r /proc/self/stat ]; then IFS= read -r n < /proc/$p/comm; "
      "IFS= read -r l < /proc/$p/stat; set -- ${l##*) }; q=$2; "
      "else n=$(ps -o comm= -p $p); q=$(ps -o ppid= -p $p); fi; "
      "case $n in *sshd*|*dropbear*) break;; esac; n=; m=$p; p=$q; done 2>/dev/null; "
      "[ \"$n\" ] || exit 3; echo muster-stop; "
      "hit() { [ \"$2\" = \"$p\" ] && [ \"$1\" != \"$m\" ] || return 0; "
      "if [ \"$3\" = \"$1\" ]; then kill -SIG -$1; else kill -SIG $1; fi; }; "
      "if [ -r /proc/self/stat ]; then for d in /proc/[0-9]*; do "
      "IFS= read -r l < $d/stat || continue; c=${d#/proc/}; set -- ${l##*) }; hit $c $2 $3; done; "
      "else ps -A -o pid= -o ppid= -o pgid= | while read -r a b c; do hit $a $b $c; done; "
      "fi 2>/dev/null; exit 0'";
  return absl::StrReplaceAll(kLine, {{"-SIG", std::string("-") + std::string(signal)}});
}

}  // namespace muster::engine

#endif  // SSH_ENGINE_STOP_LINE_H_
