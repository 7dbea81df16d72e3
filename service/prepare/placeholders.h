// {host}, {user}, {port}, {index} and {vars.NAME} in commands (Command.placeholders).
//
// What they stand for is exported ahead of a host's line, by variables of Muster's own, and the
// line has "$muster_host": so it is the same on all hosts, and no value is text that a shell reads.
#ifndef SERVICE_PREPARE_PLACEHOLDERS_H_
#define SERVICE_PREPARE_PLACEHOLDERS_H_

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "muster/v1/run.pb.h"

namespace muster::service {

// A text is made of these. A value.
struct TextPart {
  std::string text;         // as it is; empty where it is a placeholder
  std::string placeholder;  // "host", "vars.rack"
};

// Of a text that `command` has, with "{{" as "{"; one part where placeholders are not asked for.
// INVALID_ARGUMENT: a "{NAME}" that is none.
absl::StatusOr<std::vector<TextPart>> PartsOf(const v1::Command& command, const std::string& text);
// One word of a line. The variables are exported by HostPrefix (command_line.h).
std::string QuoteParts(const std::vector<TextPart>& parts);

// The line for a login shell, in which each placeholder is one word, or a part of the one in which
// it stands. What follows a "$" is the shell's. INVALID_ARGUMENT besides: one that stands where
// shells differ in whether it is quoted.
absl::StatusOr<std::string> ShellLine(const v1::Command& command);

// All that a command has; none where it is not asked for.
std::set<std::string> PlaceholdersOf(const v1::Command& command);
// How its variable is called. All of Muster's own begin alike.
std::string VariableOf(const std::string& placeholder);
constexpr char kOwnVariables[] = "muster_";
// INVALID_ARGUMENT: the host has no such variable.
absl::StatusOr<std::string> ValueOf(const std::string& placeholder, const v1::RunHost& host,
                                    uint32_t index);

}  // namespace muster::service

#endif  // SERVICE_PREPARE_PLACEHOLDERS_H_
