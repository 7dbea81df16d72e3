// The shell line that ends a command from a second channel, and what it reports.
#ifndef SSH_ENGINE_ACTION_STOP_LINE_H_
#define SSH_ENGINE_ACTION_STOP_LINE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace muster::engine {

// From the line's KILL to its report of what is left.
constexpr absl::Duration kStopLineKillWait = absl::Milliseconds(1500);

// Looks for the command's processes, sends them TERM, those that are left after `grace` KILL, and
// ends once none is left or KILL does not help. It does so also where the connection is lost.
//
// OpenSSH and Dropbear serve all channels of one connection from one process, which is the line's
// own parent or, with a forced command, an ancestor. The command's processes are the other children
// of that process, all that descend from them, and all of the sessions (setsid(2)) that those are
// in: OpenSSH makes one for each command, so that a process is found whose parent is gone; Dropbear
// makes none, and there it is not. Groups are signalled as a whole, so that none escapes by fork.
// A process that is in a session of its own and has lost its parent, as daemons do, is left alone,
// but reported where its environment tells of this connection (SSH_CONNECTION).
//
// Reads /proc, or asks ps where there is none: there groups stand for sessions, and nothing tells
// of daemons. Any login shell has to take the line: one pair of single quotes, without quotes,
// backslashes, newlines and exclamation marks within.
std::string StopLine(absl::Duration grace);

// What the line has written so far. A value.
struct StopReport {
  bool heard = false;      // it has found its place; else something else answers, or nothing
  int found = 0;           // processes of the command before it signalled any
  bool finished = false;   // the rest is there
  int left = 0;            // processes of the command that still run
  int strayed = 0;         // that still run, started over this connection, but in no known session
  bool hidden = false;     // other users' processes could not be seen (proc(5), hidepid)
  std::string left_names;  // "1234 (sleep), 1235 (sh)": five at most; printable
  std::string strayed_names;  // the same

  // No process is left that the command is known to have started.
  bool all_ended() const { return finished && found > 0 && left == 0 && strayed == 0 && !hidden; }
};

StopReport ReadStopReport(absl::string_view output);

}  // namespace muster::engine

#endif  // SSH_ENGINE_ACTION_STOP_LINE_H_
