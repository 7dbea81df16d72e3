// One host to log into, as written in a target expression.
#ifndef PROTO_NODESET_TARGET_H_
#define PROTO_NODESET_TARGET_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace muster {

// A value. Empty or zero: whatever the run's default is.
struct Target {
  std::string user;
  std::string host;  // a name, or a literal address without brackets (IPv6 in its shortest form)
  uint16_t port = 0;
};

bool operator==(const Target& a, const Target& b);

// "host", "user@host", "host:port", "[2001:db8::1]:port".
std::string FormatTarget(const Target& target);

// Reads one host, without ranges, groups or wildcards. INVALID_ARGUMENT shows what is wrong where.
absl::StatusOr<Target> ParseTarget(absl::string_view text);

}  // namespace muster

#endif  // PROTO_NODESET_TARGET_H_
