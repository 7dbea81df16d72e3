// Questions to name servers: the one file that knows c-ares.
#ifndef SSH_ENGINE_NET_DNS_CHANNEL_H_
#define SSH_ENGINE_NET_DNS_CHANNEL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ssh_engine/loop/event_loop.h"
#include "ssh_engine/net/address.h"
#include "ssh_engine/net/name_answer.h"

namespace muster::engine {

// As the system's files say, unless changed here.
struct DnsOptions {
  std::string resolv_conf = "/etc/resolv.conf";
  uint16_t port = 53;      // of the name servers
  absl::Duration timeout;  // of one try; zero: c-ares' own, 5 s
  int tries = 0;           // for each server; zero: c-ares' own, 4
};

// What resolv.conf, nsswitch.conf and host.conf said when it was made. Loop-confined. Must not be
// destroyed from within an answer.
class DnsChannel {
 public:
  // Reads the files: small, and seldom. INTERNAL: there is no memory.
  static absl::StatusOr<std::shared_ptr<DnsChannel>> Create(EventLoop* loop,
                                                            const DnsOptions& options);
  virtual ~DnsChannel() = default;

  // The names that `host` may stand for, in the order to be tried (resolv.conf(5), search, ndots).
  virtual std::vector<std::string> NamesOf(const std::string& host) const = 0;
  // Both families; empty: /etc/hosts does not have it, or is not to be asked (nsswitch.conf(5)).
  virtual std::vector<Address> FindInHosts(const std::string& name) = 0;
  // Asks the name servers for this very name. `callback` comes once, and may come within this call;
  // not once this is being destroyed.
  virtual void Ask(const std::string& name, int family, NameCallback callback) = 0;
  // "192.0.2.1, 192.0.2.2", for messages.
  virtual const std::string& servers() const = 0;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_NET_DNS_CHANNEL_H_
