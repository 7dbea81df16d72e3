#include "client/terminal_text.h"

#include <stdio.h>

#include "client/outcome_text.h"
#include "client/visible_text.h"

namespace muster::client {

void Print(const std::string& text) { fwrite(text.data(), 1, text.size(), stdout); }

int Complain(const absl::Status& status) {
  std::string text;
  AppendVisibleLines(status.message(), &text);
  fprintf(stderr, "muster: %s\n", text.c_str());
  return ExitCodeOf(status, false);
}

}  // namespace muster::client
