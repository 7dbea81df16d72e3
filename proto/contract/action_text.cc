#include "proto/contract/action_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace muster {
namespace {

std::string TextOf(const v1::Script& script) {
  std::string text = absl::StrCat("script ", script.name());
  for (const std::string& argument : script.arguments()) absl::StrAppend(&text, " ", argument);
  return text;
}

std::string TextOf(const v1::Command& command) {
  if (command.has_script()) return TextOf(command.script());
  return command.has_argv() ? absl::StrJoin(command.argv().arguments(), " ") : command.shell();
}

}  // namespace

std::string ActionText(const v1::RunSpec& spec) {
  switch (spec.action_case()) {
    case v1::RunSpec::kCommand:
      return TextOf(spec.command());
    case v1::RunSpec::ACTION_NOT_SET:
      return "";
  }
  return "";
}

}  // namespace muster
