// Kerberos tickets of this machine, as GSSAPI has them (RFC 2743, RFC 4121).
#ifndef SSH_ENGINE_CREDENTIALS_KERBEROS_H_
#define SSH_ENGINE_CREDENTIALS_KERBEROS_H_

#include <memory>
#include <string>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace muster::engine {

// Whose tickets log in. A value.
struct TicketSource {
  std::string cache;           // as KRB5CCNAME names it; empty: as this process' environment says
  bool delegate = false;       // whether the host gets a ticket of its own to go on with
  bool expected = true;        // whether it is told where there are none
  std::string principal = "";  // whose they have to be; empty: whoever's they are

  auto Fields() const {
    const auto& [cache_, delegate_, expected_, principal_] = *this;
    return std::tie(cache_, delegate_, expected_, principal_);
  }
  friend bool operator==(const TicketSource& a, const TicketSource& b) {
    return a.Fields() == b.Fields();
  }
  template <typename H>
  friend H AbslHashValue(H h, const TicketSource& source) {
    return H::combine(std::move(h), source.Fields());
  }
};

// What is in a cache. Nothing here touches the environment, so that caches of several users do not
// get mixed up. One thread at a time.
class Tickets {
 public:
  ~Tickets();
  Tickets(const Tickets&) = delete;
  Tickets& operator=(const Tickets&) = delete;

  // FAILED_PRECONDITION: there are none, they have expired, or they are somebody else's; for a
  // person, and with what to do. Reads the cache: helper threads only.
  static absl::StatusOr<std::unique_ptr<Tickets>> Find(const TicketSource& source);

  // "ann@EXAMPLE.COM"
  const std::string& principal() const { return principal_; }
  absl::Time expires() const { return expires_; }
  // gss_cred_id_t; this keeps it.
  void* handle() const { return handle_; }
  // Has the cache get the ticket for a host's server, so that who needs it finds it there.
  // FAILED_PRECONDITION as above. Waits for a KDC, as long as krb5.conf(5) says: helper threads
  // only.
  absl::Status GetFor(const std::string& host) const;

 private:
  Tickets() = default;

  void* handle_ = nullptr;
  std::string principal_;
  absl::Time expires_;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_CREDENTIALS_KERBEROS_H_
