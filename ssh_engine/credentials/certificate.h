// What an OpenSSH certificate says of itself (PROTOCOL.certkeys).
#ifndef SSH_ENGINE_CREDENTIALS_CERTIFICATE_H_
#define SSH_ENGINE_CREDENTIALS_CERTIFICATE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"

namespace muster::engine {

// A value.
struct Certificate {
  std::vector<std::string> principals;  // users that it is for; none: everyone
  absl::Time valid_after = absl::InfinitePast();
  absl::Time valid_before = absl::InfiniteFuture();
};

// Of a blob in wire format. None: it is not a certificate of a kind that is known here.
absl::optional<Certificate> ReadCertificate(absl::string_view blob);

// Why a server may have refused it to `user`, as a part of a sentence: "it expired on ..."; empty:
// nothing is to be seen.
std::string WhyRefused(const Certificate& certificate, absl::string_view user, absl::Time now);

}  // namespace muster::engine

#endif  // SSH_ENGINE_CREDENTIALS_CERTIFICATE_H_
