// CanonicalizeHostname: from a short name to the one that it stands for.
#ifndef SERVICE_SSH_CONFIG_CANONICAL_NAME_H_
#define SERVICE_SSH_CONFIG_CANONICAL_NAME_H_

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "service/ssh_config/config_pass.h"

namespace muster::service {

// The canonical name of a host as the resolver gives it (CNAMEs followed); empty: it gives none.
// `family`: AF_INET, AF_INET6, AF_UNSPEC. NOT_FOUND: there is no such host. May block.
using NameLookup = std::function<absl::StatusOr<std::string>(const std::string& name, int family)>;

// By the system's resolver (getaddrinfo).
absl::StatusOr<std::string> LookUpBySystem(const std::string& name, int family);

// What `host` becomes by the pass's settings about that; itself where they leave it. It is a name
// in lower case, no address. NOT_FOUND where it has to become another one and there is none.
// UNIMPLEMENTED: it has to be looked up, and `lookup` is empty.
absl::StatusOr<std::string> CanonicalName(const ConfigPass& pass, const std::string& host,
                                          int family, const NameLookup& lookup);

}  // namespace muster::service

#endif  // SERVICE_SSH_CONFIG_CANONICAL_NAME_H_
