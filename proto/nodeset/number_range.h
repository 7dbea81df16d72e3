// The inside of a bracket: "01-20,30-40/2,7".
#ifndef PROTO_NODESET_NUMBER_RANGE_H_
#define PROTO_NODESET_NUMBER_RANGE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "proto/nodeset/syntax_error.h"

namespace muster {

// first, first + step, ... up to last at most. A value.
struct NumberRange {
  uint64_t first = 0;  // below 10^18
  uint64_t last = 0;   // at least `first`
  uint64_t step = 1;   // at least 1
  int width = 0;       // digits, filled up with zeros; 0: no padding
};

bool ParseNumberRanges(absl::string_view text, std::vector<NumberRange>* ranges,
                       SyntaxError* error);

// How many numbers; duplicates count. Saturates.
uint64_t CountNumbers(const std::vector<NumberRange>& ranges);

// All of them, in the order written. Count first: this spends the memory.
std::vector<std::string> ListNumbers(const std::vector<NumberRange>& ranges);

}  // namespace muster

#endif  // PROTO_NODESET_NUMBER_RANGE_H_
