#include "client/output/terminal_text.h"

#include <signal.h>
#include <stdio.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/options/field_names.h"
#include "client/text/columns.h"
#include "client/text/outcome_text.h"
#include "proto/contract/visible_text.h"

namespace muster::client {

const int kBrokenPipe = 128 + SIGPIPE;

namespace {
constexpr size_t kIndent = 4;
}  // namespace

std::string MessageText(absl::string_view message, size_t columns) {
  std::string shown = "muster: ";
  AppendVisibleLines(message, &shown);
  std::string text;
  for (const absl::string_view line : absl::StrSplit(shown, '\n')) {
    absl::StrAppend(&text, WrapWords(line, kIndent, columns));
  }
  return text.substr(kIndent);
}

int Complain(const absl::Status& status) {
  const std::string text = MessageText(InOptions(status.message()), TerminalColumns(2));
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
