// Where and why a target expression cannot be read.
#ifndef PROTO_NODESET_SYNTAX_ERROR_H_
#define PROTO_NODESET_SYNTAX_ERROR_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace muster {

// Filled in by the parsing functions of this folder, which return false with it. A value; `at`
// points into the text that is being read.
struct SyntaxError {
  const char* at = nullptr;
  std::string what;

  // Always false, so that a parser can `return error->Set(...)`.
  bool Set(const char* where, std::string message) {
    at = where;
    what = std::move(message);
    return false;
  }
};

// INVALID_ARGUMENT with the position, counted in characters of UTF-8, the part of `text` around it
// and a caret below.
absl::Status ToStatus(const SyntaxError& error, absl::string_view text);

}  // namespace muster

#endif  // PROTO_NODESET_SYNTAX_ERROR_H_
