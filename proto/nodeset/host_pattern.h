// A name with ranges in it: "web[01-20]-ib[0-1].example.com".
#ifndef PROTO_NODESET_HOST_PATTERN_H_
#define PROTO_NODESET_HOST_PATTERN_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "proto/nodeset/number_range.h"
#include "proto/nodeset/syntax_error.h"

namespace muster {

// Text and numbers in turn. A value; borrows the text it was read from.
struct HostPattern {
  struct Piece {
    absl::string_view text;           // may be empty
    std::vector<NumberRange> ranges;  // behind the text; empty in the last piece
  };
  std::vector<Piece> pieces;
};

// `allowed` says which characters the text may hold. Ranges need something other than digits
// between them.
bool ParseHostPattern(absl::string_view text, bool (*allowed)(char), HostPattern* pattern,
                      SyntaxError* error);

// How many names; duplicates count. Saturates.
uint64_t CountNames(const HostPattern& pattern);

// Calls `visit` with each name, the last range running fastest; stops when it returns false.
void ForEachName(const HostPattern& pattern, const std::function<bool(std::string)>& visit);

}  // namespace muster

#endif  // PROTO_NODESET_HOST_PATTERN_H_
