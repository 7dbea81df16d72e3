#include "proto/nodeset/operand.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace muster {
namespace {

constexpr size_t kNpos = absl::string_view::npos;

bool InName(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '_';
}

bool InMask(char c) { return InName(c) || c == '*' || c == '?'; }

bool InGroup(char c) {
  return static_cast<unsigned char>(c) > ' ' && c != 0x7f && c != '@' && c != ']' && c != '[';
}

bool InUser(char c) {
  return static_cast<unsigned char>(c) > ' ' && c != 0x7f && c != ':' && c != ']' && c != '[' &&
         c != '/';
}

// The first `c` that is not within brackets.
size_t FindOutside(absl::string_view text, char c) {
  bool inside = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!inside && text[i] == c) return i;
    if (text[i] == '[') inside = true;
    if (text[i] == ']') inside = false;
  }
  return kNpos;
}

bool ParseGroup(absl::string_view text, Operand* operand, SyntaxError* error) {
  operand->kind = Operand::Kind::kGroup;
  const size_t colon = FindOutside(text, ':');
  if (colon != kNpos) {
    operand->source = text.substr(0, colon);
    if (operand->source.empty()) {
      return error->Set(text.data(), "a group's source is missing: @source:group");
    }
    text.remove_prefix(colon + 1);
  }
  if (text.empty()) return error->Set(text.data(), "a group's name is missing behind '@'");
  return ParseHostPattern(text, InGroup, &operand->names, error);
}

bool ParsePort(absl::string_view text, uint16_t* port, SyntaxError* error) {
  uint32_t number = 0;
  const bool digits = std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
  if (!digits || !absl::SimpleAtoi(text, &number) || number == 0 || number > 65535) {
    return error->Set(text.data(), "a port is a number from 1 to 65535");
  }
  *port = static_cast<uint16_t>(number);
  return true;
}

// "fe80::1%eth0": inet_pton knows no zones.
bool CanonicalAddress(absl::string_view text, std::string* canonical) {
  const size_t percent = text.find('%');
  const absl::string_view zone = percent == kNpos ? "" : text.substr(percent);
  if (zone.size() == 1 || zone.size() > 16) return false;
  if (!std::all_of(zone.begin(), zone.end(), [](char c) { return InName(c) || c == '%'; })) {
    return false;
  }
  in6_addr address;
  char buffer[INET6_ADDRSTRLEN];
  if (inet_pton(AF_INET6, std::string(text.substr(0, percent)).c_str(), &address) != 1) {
    return false;
  }
  *canonical = absl::StrCat(inet_ntop(AF_INET6, &address, buffer, sizeof buffer), zone);
  return true;
}

bool ParseBracketedAddress(absl::string_view text, Operand* operand, SyntaxError* error) {
  operand->kind = Operand::Kind::kAddress;
  const size_t close = text.find(']');
  if (!CanonicalAddress(text.substr(1, close - 1), &operand->address)) {
    return error->Set(text.data() + 1, "not an IPv6 address");
  }
  text.remove_prefix(close + 1);
  if (text.empty()) return true;
  if (text[0] != ':') {
    return error->Set(text.data(), "expected ':' and a port behind the address");
  }
  return ParsePort(text.substr(1), &operand->port, error);
}

// Two and more colons without brackets: an address, or nothing.
bool ParseBareAddress(absl::string_view text, Operand* operand, SyntaxError* error) {
  operand->kind = Operand::Kind::kAddress;
  if (CanonicalAddress(text, &operand->address)) return true;
  return error->Set(text.data(),
                    "not an IPv6 address (with a port it needs brackets: [2001:db8::1]:22)");
}

bool ParseNames(absl::string_view text, Operand* operand, SyntaxError* error) {
  const size_t colon = FindOutside(text, ':');
  if (colon != kNpos && !ParsePort(text.substr(colon + 1), &operand->port, error)) return false;
  const absl::string_view names = text.substr(0, colon);
  if (names.empty()) return error->Set(text.data(), "a host's name is missing");
  if (names[0] == '-') return error->Set(text.data(), "a host's name cannot start with '-'");
  const bool mask = FindOutside(names, '*') != kNpos || FindOutside(names, '?') != kNpos;
  if (mask) operand->kind = Operand::Kind::kMask;
  return ParseHostPattern(names, mask ? InMask : InName, &operand->names, error);
}

bool HoldsAddress(absl::string_view text) {
  const size_t close = text.find(']');
  return text[0] == '[' && close != kNpos && text.substr(0, close).find(':') != kNpos;
}

bool ParseHost(absl::string_view text, Operand* operand, SyntaxError* error) {
  if (text.empty()) return error->Set(text.data(), "a host's name is missing behind '@'");
  if (HoldsAddress(text)) return ParseBracketedAddress(text, operand, error);
  const size_t colon = FindOutside(text, ':');
  if (colon != kNpos && FindOutside(text.substr(colon + 1), ':') != kNpos) {
    return ParseBareAddress(text, operand, error);
  }
  return ParseNames(text, operand, error);
}

bool ParseUser(absl::string_view user, SyntaxError* error) {
  if (user.size() > kMaxUserBytes) {
    return error->Set(user.data(), absl::StrCat("a user's name of ", user.size(),
                                                " bytes; at most ", kMaxUserBytes));
  }
  const auto bad = std::find_if_not(user.begin(), user.end(), InUser);
  if (bad != user.end()) {
    return error->Set(user.data() + (bad - user.begin()), "this cannot stand in a user's name");
  }
  if (user.back() == '@') return error->Set(&user.back(), "a group takes no user");
  return true;
}

}  // namespace

bool ParseOperand(absl::string_view text, Operand* operand, SyntaxError* error) {
  if (text[0] == '@') return ParseGroup(text.substr(1), operand, error);
  // The last one: users of directory services are written ann@example.com.
  const size_t at = text.rfind('@');
  if (at == kNpos) return ParseHost(text, operand, error);
  operand->user = text.substr(0, at);
  return ParseUser(operand->user, error) && ParseHost(text.substr(at + 1), operand, error);
}

}  // namespace muster
