#include "service/targets/shell_words.h"

#include <cstddef>
#include <utility>

#include "absl/strings/ascii.h"

namespace muster::service {

absl::optional<std::vector<std::string>> SplitShellWords(absl::string_view line, bool comments) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (comments && quote == 0 && !in_word && c == '#') break;
    if (quote == 0 && absl::ascii_isspace(static_cast<unsigned char>(c))) {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
      continue;
    }
    in_word = true;
    if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == '\\' && quote != '\'' && i + 1 < line.size()) {
      word.push_back(line[++i]);
    } else {
      word.push_back(c);
    }
  }
  if (in_word) words.push_back(std::move(word));
  if (quote != 0) return absl::nullopt;
  return words;
}

}  // namespace muster::service
