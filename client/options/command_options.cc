#include "client/options/command_options.h"

#include <stdlib.h>

#include <filesystem>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/options/caller_file.h"
#include "client/text/read_file.h"
#include "proto/contract/limits.h"

namespace muster::client {
namespace {

absl::Status Invalid(absl::string_view option, absl::string_view problem) {
  return absl::InvalidArgumentError(absl::StrCat(option, ": ", problem));
}

absl::Status FillScript(const Options& options, v1::Script* script) {
  if (options.script == "-") {
    return Invalid("--script",
                   "- would be standard input, which the script reads; name a file, or a pipe: "
                   "<(command)");
  }
  const std::string path = AbsolutePath(options.script);
  absl::StatusOr<std::string> content = ReadFile(path);
  if (!content.ok()) return Invalid("--script", content.status().message());
  if (content->empty()) return Invalid("--script", absl::StrCat(path, " is empty"));
  if (content->size() > kMaxScriptBytes) {
    return Invalid("--script",
                   absl::StrCat(path, " has ", content->size(), " bytes; at most ", kMaxScriptBytes,
                                ": have it read the rest as its "
                                "input (muster artifacts)"));
  }
  script->set_content(*std::move(content));
  const std::string name = std::filesystem::path(path).filename();
  if (name.size() > kMaxScriptNameBytes) {
    return Invalid("--script", absl::StrCat("the file's name has ", name.size(), " bytes; at most ",
                                            kMaxScriptNameBytes));
  }
  script->set_name(name);
  for (const std::string& word : options.command) script->add_arguments(word);
  for (absl::string_view word : absl::StrSplit(options.interpreter, ' ', absl::SkipEmpty())) {
    script->add_interpreter(std::string(word));
  }
  return absl::OkStatus();
}

absl::Status FillForm(const Options& options, v1::Command* command) {
  if (!options.script.empty()) return FillScript(options, command->mutable_script());
  if (!options.argv) {
    command->set_shell(absl::StrJoin(options.command, " "));
    return absl::OkStatus();
  }
  for (const std::string& word : options.command) command->mutable_argv()->add_arguments(word);
  return absl::OkStatus();
}

// What is not given is what we have.
absl::Status FillRequestedEnvironment(const Options& options, v1::Command* command) {
  constexpr char kOption[] = "--request-env";
  absl::Status status;
  for (std::string pair : options.requested_environment) {
    if (pair.find('=') == std::string::npos) {
      const char* const value = getenv(pair.c_str());
      if (value == nullptr) {
        status.Update(Invalid(kOption, absl::StrCat("there is no $", pair, "; give NAME=VALUE")));
        continue;
      }
      absl::StrAppend(&pair, "=", value);
    }
    status.Update(AddPair(kOption, pair, command->mutable_requested_environment()));
  }
  return status;
}

}  // namespace

absl::Status AddPair(absl::string_view option, const std::string& text,
                     google::protobuf::Map<std::string, std::string>* map) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    return Invalid(option, absl::StrCat("\"", text, "\" is not NAME=VALUE"));
  }
  const std::string name = text.substr(0, equals);
  if (map->count(name) > 0) return Invalid(option, absl::StrCat(name, " is given twice"));
  (*map)[name] = text.substr(equals + 1);
  return absl::OkStatus();
}

absl::Status FillCommand(const Options& options, v1::Command* command) {
  absl::Status status = FillForm(options, command);
  for (const std::string& pair : options.environment) {
    status.Update(AddPair("--env", pair, command->mutable_environment()));
  }
  status.Update(FillRequestedEnvironment(options, command));
  command->set_working_directory(options.working_directory);
  if (!options.umask.empty()) {
    command->set_umask(static_cast<uint32_t>(std::stoul(options.umask, nullptr, 8)));
  }
  command->set_placeholders(options.placeholders);
  return status;
}

}  // namespace muster::client
