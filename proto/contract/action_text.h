// What a run does on its hosts, in words.
#ifndef PROTO_CONTRACT_ACTION_TEXT_H_
#define PROTO_CONTRACT_ACTION_TEXT_H_

#include <string>

#include "muster/v1/run.pb.h"

namespace muster {

// As its caller gave it: a command's line, its arguments with spaces between them, or "script", a
// script's name and its arguments. Not printable (visible_text.h). By this it is shown, and found
// (ListRunsRequest.command_contains). Empty: none.
std::string ActionText(const v1::RunSpec& spec);

}  // namespace muster

#endif  // PROTO_CONTRACT_ACTION_TEXT_H_
