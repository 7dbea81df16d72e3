// A script that is sent over a command's input, and the line that runs it.
#ifndef SERVICE_PREPARE_SCRIPT_LINE_H_
#define SERVICE_PREPARE_SCRIPT_LINE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "muster/v1/run.pb.h"

namespace muster::service {

// What runs it: as it is asked for, else as execve(2) reads its first line: "#!", a program and at
// most one argument. INVALID_ARGUMENT: it is a program itself, or its first line ends with CR LF.
absl::StatusOr<std::vector<std::string>> InterpreterOf(const v1::Script& script);

// For /bin/sh, whose input begins with Script.content: reads exactly that into a file of its own,
// which only its user can read, runs it with what follows as its input, removes the file, and ends
// with the script's exit status (by a signal: 128 and its number). `setup`: what stands ahead of
// the script alone (SetupOf, kPosix); `arguments`: words, quoted. Errors as of InterpreterOf.
absl::StatusOr<std::string> ScriptLine(const v1::Script& script, absl::string_view setup,
                                       absl::string_view arguments);

}  // namespace muster::service

#endif  // SERVICE_PREPARE_SCRIPT_LINE_H_
