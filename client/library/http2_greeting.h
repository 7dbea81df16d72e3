// What an HTTP/2 server says first.
#ifndef CLIENT_LIBRARY_HTTP2_GREETING_H_
#define CLIENT_LIBRARY_HTTP2_GREETING_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace muster::client {

inline constexpr size_t kHttp2GreetingBytes = 9;

// A SETTINGS frame of stream 0, or the beginning of one: RFC 9113, 3.4 and 4.1.
inline bool IsHttp2Greeting(absl::string_view bytes) {
  for (size_t at = 0; at < bytes.size() && at < kHttp2GreetingBytes; ++at) {
    const bool fits = at == 0   ? bytes[at] == 0  // less than 65,536 bytes of settings
                      : at == 3 ? bytes[at] == 4  // SETTINGS
                      : at >= 4 ? bytes[at] == 0  // no flags, stream 0
                                : true;
    if (!fits) return false;
  }
  return !bytes.empty();
}

}  // namespace muster::client

#endif  // CLIENT_LIBRARY_HTTP2_GREETING_H_
