#include "service/listen/listen_address.h"

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace muster::service {
namespace {

absl::StatusOr<ListenAddress> ParseUnix(absl::string_view path) {
  if (!absl::StartsWith(path, "/")) {
    return absl::InvalidArgumentError(
        absl::StrCat("unix:", path, ": the path of a unix socket must be absolute"));
  }
  ListenAddress address;
  address.path = std::string(path);
  return address;
}

}  // namespace

absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view text) {
  if (absl::StartsWith(text, "unix:")) return ParseUnix(text.substr(5));
  const auto bad = [text] {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", text, "\" is no address to listen on: write unix:PATH, HOST:PORT or [IPV6]:PORT"));
  };
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos || colon == 0) return bad();
  absl::string_view host = text.substr(0, colon);
  if (absl::ConsumePrefix(&host, "[")) {
    if (!absl::ConsumeSuffix(&host, "]")) return bad();
  } else if (absl::StrContains(host, ':')) {
    return bad();
  }
  uint32_t port = 0;
  if (!absl::SimpleAtoi(text.substr(colon + 1), &port) || port > 65535) return bad();
  ListenAddress address;
  address.host = std::string(host);
  address.port = static_cast<uint16_t>(port);
  return address;
}

}  // namespace muster::service
