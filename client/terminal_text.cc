#include "client/terminal_text.h"

#include <signal.h>
#include <stdio.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/outcome_text.h"
#include "proto/contract/visible_text.h"

namespace muster::client {

const int kBrokenPipe = 128 + SIGPIPE;

std::string MessageText(absl::string_view message) {
  std::string text;
  AppendVisibleLines(message, &text);
  return absl::StrCat("muster: ", absl::StrReplaceAll(text, {{"\n", "\n    "}}), "\n");
}

int Complain(const absl::Status& status) {
  const std::string text = MessageText(status.message());
  fwrite(text.data(), 1, text.size(), stderr);
  return ExitCodeOf(status, false);
}

int EndOutput(OutputWriter* output, int code, absl::string_view and_so) {
  output->ShowStatus("");
  output->Flush();
  const absl::Status& status = output->status();
  // That nobody reads it any more is no news, unless it has consequences.
  if (output->TakeFailure() && (!output->closed() || !and_so.empty())) {
    const char* const comma = and_so.empty() ? "" : "; ";
    Complain(absl::UnknownError(absl::StrCat(status.message(), comma, and_so)));
  }
  if (status.ok() || code != kSuccess) return code;
  return output->closed() ? kBrokenPipe : kFilesIncomplete;
}

}  // namespace muster::client
