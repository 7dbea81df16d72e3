// A TCP connection to a host, over whichever of its addresses answers first.
#ifndef SSH_ENGINE_NET_CONNECTOR_H_
#define SSH_ENGINE_NET_CONNECTOR_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "ssh_engine/base/unique_fd.h"
#include "ssh_engine/connect_options.h"
#include "ssh_engine/host_keys/host_key.h"
#include "ssh_engine/net/address.h"
#include "ssh_engine/outcome.h"

namespace muster::engine {

// The jump hosts that a connection goes by. Shared by all that go the same way.
struct Way {
  bool lost = false;  // it has broken meanwhile, which shows as an end of the peer's bytes
  std::vector<HostKey> host_keys;  // that they have shown, the nearest first
};

// The process on this machine that a connection leads through (ProxyCommand). Whoever uses the
// connection has a share of it; with the last one it ends. Loop-confined.
class ProxyProcess {
 public:
  // A value.
  struct Report {
    bool failed = false;  // it has ended, and not as one whose work is done
    std::string text;     // how it ended, and the last of what it said; printable; empty: neither
  };

  virtual ~ProxyProcess() = default;
  virtual Report report() const = 0;
  // Calls back once it has ended, or after a second, later than this call: a connection shows its
  // end first. One at a time.
  virtual void Await(absl::AnyInvocable<void(Report)> done) = 0;
};

// Either a connected, non-blocking, close-on-exec stream socket, or a cause and a message.
struct ConnectResult {
  UniqueFd fd;
  absl::optional<Address> peer;    // none by way of a jump host or a process
  bool syn_retransmitted = false;  // the first request to connect was lost, or dropped by the peer
  std::shared_ptr<const Way> way;  // null: it goes by no jump hosts
  std::shared_ptr<ProxyProcess> process;  // null: it leads through none
  // Without a connection. kUnreachable, or what a jump host ended as.
  HostState state = HostState::kUnreachable;
  // Of UNREACHABLE: why there is no connection.
  Cause cause = Cause::kNone;
  std::string message;  // every address that was tried, and what it answered
};

// Loop-confined. One for each loop.
class Connector {
 public:
  // A connection under way. Destroying it gives up and closes what was opened; no callback then.
  class Attempt {
   public:
    virtual ~Attempt() = default;
  };
  using Callback = absl::AnyInvocable<void(ConnectResult)>;

  virtual ~Connector() = default;

  // Resolves and connects. Tries all addresses, families interleaved, a new one every 250 ms or as
  // soon as one fails, and takes the first that is connected (RFC 8305, "Happy Eyeballs"). Where
  // only IPv4 addresses are known, IPv6 ones are waited for 50 ms; those that come later join. Sets
  // no limit in time: the caller destroys the attempt. The callback comes once, from the loop,
  // never inside this call. `options` are of who connects from this machine: by way of a jump host
  // they are the jump host's.
  virtual std::unique_ptr<Attempt> Connect(absl::string_view host, uint16_t port,
                                           const ConnectOptions& options, Callback callback) = 0;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_NET_CONNECTOR_H_
