// Finds lines in output.
#ifndef SERVICE_LOG_LINE_SEARCH_H_
#define SERVICE_LOG_LINE_SEARCH_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace re2 {
class RE2;
}

namespace muster::service {

// A text or an expression that a line has to contain. Expressions are RE2's
// (https://github.com/google/re2/wiki/Syntax), whose time grows with the line's length only; a
// character is one of UTF-8. A value that can be moved; its const methods are thread-safe.
class LineSearch {
 public:
  // Of a compiled expression, what it makes while it searches included: where that is too little,
  // RE2 goes on without, more slowly. The largest then take some 25 microseconds for each byte: 1.5
  // s for a piece of 64 KiB. With half of it, common ones do, too.
  static constexpr int kMaxExpressionBytes = 512 << 10;
  static constexpr size_t kMaxPatternBytes = 1024;

  // INVALID_ARGUMENT, whose text follows after a field's name: no pattern, or a line break in it;
  // too long; a malformed expression, or one that takes more memory.
  static absl::StatusOr<LineSearch> Make(absl::string_view pattern, bool is_regex);
  LineSearch(LineSearch&&) noexcept;
  LineSearch& operator=(LineSearch&&) noexcept;
  ~LineSearch();

  // A value.
  struct Found {
    std::string lines;  // with their line ends
    bool last = false;  // the last line of what was searched is among them
  };
  // Searches each line of `data` by itself, without its line end. The last one may have none.
  Found Find(absl::string_view data) const;

 private:
  explicit LineSearch(absl::string_view text);
  bool Matches(absl::string_view line) const;

  std::string text_;
  std::unique_ptr<re2::RE2> regex_;  // null: text_ is looked for
};

}  // namespace muster::service

#endif  // SERVICE_LOG_LINE_SEARCH_H_
