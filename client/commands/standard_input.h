// Input that no command gets: it is not sent yet.
#ifndef CLIENT_COMMANDS_STANDARD_INPUT_H_
#define CLIENT_COMMANDS_STANDARD_INPUT_H_

namespace muster::client {

// Whether bytes wait on standard input: what of a file is not read yet, or what is in a pipe or
// socket now. A terminal, /dev/null, a pipe that nobody has written to, as cron, pipelines and
// services leave it, and one that is closed offer none. Reads nothing.
bool InputWaits();

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_STANDARD_INPUT_H_
