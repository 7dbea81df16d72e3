// How hosts are to be reached, before keys and known_hosts are read.
#ifndef SERVICE_PREPARE_ACCESS_SPEC_H_
#define SERVICE_PREPARE_ACCESS_SPEC_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "service/access/config.h"
#include "ssh_engine/host.h"

namespace muster::service {

struct AccessSpec;

// A host on the way. A value.
struct JumpSpec {
  std::string address;
  uint16_t port = 22;
  std::string user;
  std::string host_key_alias = "";
  std::shared_ptr<const AccessSpec> access = nullptr;  // null: that of the host behind it
  std::shared_ptr<const engine::ProxyCommand> proxy_command = nullptr;  // engine::JumpHost's
};

// What engine::Access is made from. Immutable once hosts share it.
struct AccessSpec {
  NamedCredential credential;
  std::vector<JumpSpec> jump_hosts;  // the nearest first
  absl::Duration connect_timeout;    // zero: Timeouts.connect
};

}  // namespace muster::service

#endif  // SERVICE_PREPARE_ACCESS_SPEC_H_
