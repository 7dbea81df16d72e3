// What a server proves to be itself with.
#ifndef SSH_ENGINE_HOST_KEYS_HOST_KEY_H_
#define SSH_ENGINE_HOST_KEYS_HOST_KEY_H_

#include <string>

namespace muster::engine {

// Of a server. A value.
struct HostKey {
  std::string type;  // "ssh-ed25519"
  std::string blob;  // wire format (RFC 4253, 6.6)
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_HOST_KEYS_HOST_KEY_H_
