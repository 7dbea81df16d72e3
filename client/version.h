#ifndef CLIENT_VERSION_H_
#define CLIENT_VERSION_H_

namespace muster::client {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace muster::client

#endif  // CLIENT_VERSION_H_
