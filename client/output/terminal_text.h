// What subcommands say.
#ifndef CLIENT_OUTPUT_TERMINAL_TEXT_H_
#define CLIENT_OUTPUT_TERMINAL_TEXT_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "client/output/output_writer.h"

namespace muster::client {

// What a shell says of a program that nobody reads any more.
extern const int kBrokenPipe;

// "muster: ...", with an end of line, visible, broken at words into lines of at most `columns` (0:
// it is not). Further lines are set in: none of them can pass for a message of its own.
std::string MessageText(absl::string_view message, size_t columns);

// MessageText of it on standard error, in the words of the command line (InOptions), as wide as its
// terminal. Returns the exit code of a call that failed so.
int Complain(const absl::Status& status);

// Writes what is left of the output and says so where it cannot be, unless that was told already;
// what else there is to know of it, `and_so` adds. The exit code: `code`, unless that is success
// and something could not be written.
int EndOutput(OutputWriter* output, int code, absl::string_view and_so = "");

}  // namespace muster::client

#endif  // CLIENT_OUTPUT_TERMINAL_TEXT_H_
