// Resolver that does as the system's files say.
#ifndef SSH_ENGINE_NET_SYSTEM_RESOLVER_H_
#define SSH_ENGINE_NET_SYSTEM_RESOLVER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "ssh_engine/loop/event_loop.h"
#include "ssh_engine/net/dns_channel.h"
#include "ssh_engine/net/resolver.h"
#include "ssh_engine/net/system_lookup.h"

namespace muster::engine {

// Asks the hosts file, then the name servers: one question for each family, for each of the names
// that the search list makes, until one of them has an address. Where nsswitch.conf has others that
// may know a name, `lookup` is asked after these or, by their order, instead (NameOrder). A change
// of resolv.conf, nsswitch.conf or host.conf counts from the next look-up on, a second later at
// most; look-ups under way end as they began. Call it in the loop's thread; `lookup` must outlive
// it.
absl::StatusOr<std::unique_ptr<Resolver>> NewSystemResolver(EventLoop* loop, SystemLookup* lookup,
                                                            const DnsOptions& options = {});

}  // namespace muster::engine

#endif  // SSH_ENGINE_NET_SYSTEM_RESOLVER_H_
