#include "service/ssh_config/canonical_name.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "service/ssh_config/patterns.h"

namespace muster::service {
namespace {

bool IsNone(const std::string* value) {
  return value == nullptr || absl::EqualsIgnoreCase(*value, "none");
}

std::string Wanted(const ConfigPass& pass) {
  const std::string* const wanted = pass.Get(Keyword::kCanonicalizeHostname);
  return wanted == nullptr ? "no" : *wanted;
}

// To ssh "ProxyJump none" is no direct way here (resolve_canonicalize, ssh.c).
bool IsDirect(const ConfigPass& pass) {
  return IsNone(pass.Get(Keyword::kProxyCommand)) && pass.Get(Keyword::kProxyJump) == nullptr;
}

// What a proxy or a jump host makes of a name is not asked here, unless that is wanted.
bool IsAsked(const ConfigPass& pass) { return IsDirect(pass) || Wanted(pass) == "always"; }

int MostDots(const ConfigPass& pass) {
  int dots = 1;
  const std::string* const value = pass.Get(Keyword::kCanonicalizeMaxDots);
  if (value != nullptr && !absl::SimpleAtoi(*value, &dots)) return 1;
  return dots;
}

// Fully qualified ones, in the order in which they are tried.
std::vector<std::string> Candidates(const ConfigPass& pass, const std::string& host) {
  if (host.back() == '.') return {host};
  std::vector<std::string> names;
  const std::vector<std::string>* const domains = pass.GetAll(Keyword::kCanonicalDomains);
  if (domains == nullptr || IsNone(&domains->front())) return names;
  for (const std::string& domain : *domains) names.push_back(absl::StrCat(host, ".", domain, "."));
  return names;
}

bool HasPermittedCnames(const ConfigPass& pass) {
  return !IsNone(pass.Get(Keyword::kCanonicalizePermittedCnames));
}

// The name that `name` is another one for, where that may be followed; else `name`.
std::string Follow(const ConfigPass& pass, const std::string& name, const std::string& cname) {
  const bool may_follow = Wanted(pass) != "no" && HasPermittedCnames(pass);
  if (cname.empty() || cname == name || !may_follow) return name;
  for (const std::string& rule : *pass.GetAll(Keyword::kCanonicalizePermittedCnames)) {
    const std::pair<std::string, std::string> lists = absl::StrSplit(rule, absl::MaxSplits(':', 1));
    if (MatchesList(name, lists.first, true) && MatchesList(cname, lists.second, true)) {
      return cname;
    }
  }
  return name;
}

absl::Status NotFound(const std::string& host) {
  return absl::NotFoundError(absl::StrCat("CanonicalizeHostname: there is no host ", host));
}

// The name itself. Where other names are permitted ssh looks it up, even if it does not follow
// them; by way of others it need not be known.
absl::StatusOr<std::string> FollowOwn(const ConfigPass& pass, const std::string& host, int family,
                                      const NameLookup& lookup) {
  if (!HasPermittedCnames(pass)) return host;
  const absl::StatusOr<std::string> cname = lookup(host, family);
  if (cname.ok()) return Follow(pass, host, *cname);
  return IsDirect(pass) ? NotFound(host) : absl::StatusOr<std::string>(host);
}

}  // namespace

absl::StatusOr<std::string> LookUpBySystem(const std::string& name, int family) {
  addrinfo hints = {};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_CANONNAME;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(name.c_str(), nullptr, &hints, &found);
  if (error != 0) return absl::NotFoundError(absl::StrCat(name, ": ", gai_strerror(error)));
  std::string canonical = found->ai_canonname == nullptr ? "" : found->ai_canonname;
  freeaddrinfo(found);
  return canonical;
}

absl::StatusOr<std::string> CanonicalName(const ConfigPass& pass, const std::string& host,
                                          int family, const NameLookup& lookup) {
  const std::string wanted = Wanted(pass);
  if (!IsAsked(pass) || (wanted == "no" && !HasPermittedCnames(pass))) return host;
  if (lookup == nullptr) {
    return absl::UnimplementedError("CanonicalizeHostname is not done by this daemon");
  }
  const bool qualified =
      host.back() != '.' && std::count(host.begin(), host.end(), '.') > MostDots(pass);
  if (wanted == "no" || qualified) return FollowOwn(pass, host, family, lookup);
  for (std::string& name : Candidates(pass, host)) {
    const absl::StatusOr<std::string> cname = lookup(name, family);
    if (!cname.ok()) continue;
    name.pop_back();  // the dot at its end
    return Follow(pass, name, *cname);
  }
  const std::string* const fallback = pass.Get(Keyword::kCanonicalizeFallbackLocal);
  if (fallback != nullptr && *fallback == "no") return NotFound(host);
  return FollowOwn(pass, host, family, lookup);
}

}  // namespace muster::service
