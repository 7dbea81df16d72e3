#include "ssh_engine/base/shell_word.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace muster::engine {

std::string QuotedWord(absl::string_view text) {
  return absl::StrCat(
      "'", absl::StrReplaceAll(text, {{"'", "'\\''"}, {"\\", "'\\\\'"}, {"!", "'\\!'"}}), "'");
}

}  // namespace muster::engine
