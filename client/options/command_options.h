// From muster's command line to what runs on each host.
#ifndef CLIENT_OPTIONS_COMMAND_OPTIONS_H_
#define CLIENT_OPTIONS_COMMAND_OPTIONS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "client/options/options.h"
#include "muster/v1/run.pb.h"

namespace muster::client {

// Reads --script, which may block on a pipe. Errors name the option.
absl::Status FillCommand(const Options& options, v1::Command* command);

// "NAME=VALUE" to an entry of the map.
absl::Status AddPair(absl::string_view option, const std::string& text,
                     google::protobuf::Map<std::string, std::string>* map);

}  // namespace muster::client

#endif  // CLIENT_OPTIONS_COMMAND_OPTIONS_H_
