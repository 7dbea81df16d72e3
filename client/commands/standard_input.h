// What is on muster's own standard input.
#ifndef CLIENT_COMMANDS_STANDARD_INPUT_H_
#define CLIENT_COMMANDS_STANDARD_INPUT_H_

namespace muster::client {

// Whether bytes wait on it: what of a file is not read yet, or what is in a pipe or socket now.
// Reads nothing.
bool InputWaits();

// Whether bytes wait or may still come: not from a terminal, /dev/null, a file at its end, or a
// pipe or socket whose other end is closed and that is empty. Reads nothing.
bool InputMayCome();

// Whether it is a file of which somebody has read a part, as a loop does that reads its list.
bool InputIsBegun();

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_STANDARD_INPUT_H_
