// One operand of a target expression, taken apart but not expanded.
#ifndef PROTO_NODESET_OPERAND_H_
#define PROTO_NODESET_OPERAND_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "proto/nodeset/host_pattern.h"
#include "proto/nodeset/syntax_error.h"

namespace muster {

// A value; borrows the expression's text.
struct Operand {
  enum class Kind {
    kNames,    // user, names, port
    kAddress,  // user, address, port
    kMask,     // user, names with '*' or '?' in them, port
    kGroup,    // names are those of groups; source
  };
  Kind kind = Kind::kNames;
  absl::string_view user;
  HostPattern names;
  std::string address;  // in its canonical form, without brackets
  uint16_t port = 0;
  absl::string_view source;
};

// `text` is not empty and holds no operator and no blank outside brackets.
bool ParseOperand(absl::string_view text, Operand* operand, SyntaxError* error);

// The longest name that is accepted; DNS has 253 (RFC 1035).
inline constexpr size_t kMaxNameBytes = 255;
// The longest user.
inline constexpr size_t kMaxUserBytes = 256;

}  // namespace muster

#endif  // PROTO_NODESET_OPERAND_H_
