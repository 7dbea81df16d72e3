#include "proto/nodeset/target.h"

#include "absl/strings/str_cat.h"
#include "proto/nodeset/operand.h"
#include "proto/nodeset/syntax_error.h"

namespace muster {

bool operator==(const Target& a, const Target& b) {
  return a.host == b.host && a.port == b.port && a.user == b.user;
}

std::string FormatTarget(const Target& target) {
  const bool address = target.host.find(':') != std::string::npos;
  std::string text = target.user.empty() ? "" : absl::StrCat(target.user, "@");
  absl::StrAppend(&text, address ? "[" : "", target.host, address ? "]" : "");
  if (target.port != 0) absl::StrAppend(&text, ":", target.port);
  return text;
}

absl::StatusOr<Target> ParseTarget(absl::string_view text) {
  SyntaxError error;
  Operand operand;
  const size_t operators = text.find_first_of(",!&^ \t\r\n");
  if (text.empty()) {
    error.Set(text.data(), "a host's name is missing");
  } else if (operators != absl::string_view::npos) {
    error.Set(text.data() + operators, "expected one host");
  } else if (ParseOperand(text, &operand, &error)) {
    const bool plain = operand.kind == Operand::Kind::kNames && operand.names.pieces.size() == 1;
    if (!plain && operand.kind != Operand::Kind::kAddress) {
      error.Set(text.data(), "expected one host");
    } else if (text.size() > kMaxNameBytes) {
      error.Set(text.data(), "the name is longer than 255 bytes");
    } else {
      return Target{std::string(operand.user),
                    plain ? std::string(operand.names.pieces[0].text) : operand.address,
                    operand.port};
    }
  }
  return ToStatus(error, text);
}

}  // namespace muster
