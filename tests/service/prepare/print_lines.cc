// Prints lines as they are sent to hosts. Reads, each text with a NUL behind it, again and again:
// the value of a variable VALUE ("": none), how many arguments there are, and the arguments. Writes
// for each of those "=" and the line, or "!" and why there is none, with a NUL behind it.
#include <iostream>
#include <string>

#include "absl/strings/numbers.h"
#include "service/prepare/command_line.h"

namespace {

std::string Take() {
  std::string text;
  std::getline(std::cin, text, '\0');
  return text;
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  for (;;) {
    const std::string value = Take();
    int count = 0;
    if (!absl::SimpleAtoi(Take(), &count)) return 0;
    muster::v1::Command command;
    if (!value.empty()) (*command.mutable_environment())["VALUE"] = value;
    for (int i = 0; i < count; ++i) command.mutable_argv()->add_arguments(Take());
    const absl::StatusOr<std::string> line = muster::service::CommandLine(command);
    std::cout << (line.ok() ? "=" + *line : "!" + std::string(line.status().message())) << '\0';
  }
}
