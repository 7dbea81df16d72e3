// Whether a place in a shell line is quoted.
#ifndef SERVICE_PREPARE_QUOTE_STATE_H_
#define SERVICE_PREPARE_QUOTE_STATE_H_

#include <array>

#include "absl/strings/string_view.h"

namespace muster::service {

enum class Quoting { kNone, kSingle, kDouble, kUncertain };

// Reads a line from its beginning, as POSIX shells, csh and fish do. Where they differ, and behind
// what is read in more than one way (`...`, "$(...)", here-documents, comments, $'...'), it is not
// certain. A value.
class QuoteState {
 public:
  void Read(char c);
  Quoting quoting() const;

 private:
  enum Dialect { kPosix, kCsh, kFish };
  struct Reader {
    Quoting quoting = Quoting::kNone;
    bool escaped = false;  // the next character is
  };
  void ReadAs(Dialect dialect, char c, Reader* reader) const;
  bool Escapes(Dialect dialect, Quoting quoting) const;
  // What comes after is not certain.
  bool Confuses(char c, Quoting quoting) const;

  std::array<Reader, 3> readers_;
  char last_ = '\n';
};

}  // namespace muster::service

#endif  // SERVICE_PREPARE_QUOTE_STATE_H_
