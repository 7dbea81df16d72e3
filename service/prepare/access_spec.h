// How hosts are to be reached, before keys and known_hosts are read.
#ifndef SERVICE_PREPARE_ACCESS_SPEC_H_
#define SERVICE_PREPARE_ACCESS_SPEC_H_

#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

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

  // All of it. (One more does not compile before it is here; so below.)
  auto Fields() const {
    const auto& [to, port_, user_, alias, access_, proxy] = *this;
    return std::tuple_cat(std::tie(to, port_, user_, alias, access_),
                          std::make_tuple(engine::IdOf(proxy.get())));
  }
  friend bool operator==(const JumpSpec& a, const JumpSpec& b) { return a.Fields() == b.Fields(); }
  template <typename H>
  friend H AbslHashValue(H h, const JumpSpec& spec) {
    return H::combine(std::move(h), spec.Fields());
  }
};

// What engine::Access is made from. Immutable once hosts share it.
struct AccessSpec {
  NamedCredential credential;
  std::vector<JumpSpec> jump_hosts;  // the nearest first
  engine::ConnectOptions connect;

  auto Fields() const {
    const auto& [login, jumps, connect_] = *this;
    return std::tuple_cat(login.Fields(), std::tie(jumps, connect_));
  }
  // For whom it is equal, one engine::Access does.
  friend bool operator==(const AccessSpec& a, const AccessSpec& b) {
    return a.Fields() == b.Fields();
  }
  template <typename H>
  friend H AbslHashValue(H h, const AccessSpec& spec) {
    return H::combine(std::move(h), spec.Fields());
  }
};

}  // namespace muster::service

#endif  // SERVICE_PREPARE_ACCESS_SPEC_H_
