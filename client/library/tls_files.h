// The caller's certificate, key and authority, for a musterd on the network.
#ifndef CLIENT_LIBRARY_TLS_FILES_H_
#define CLIENT_LIBRARY_TLS_FILES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/library/server_address.h"

namespace muster::client {

// PEM, as the files hold it. A value.
struct TlsContents {
  std::string certificate;
  std::string key;
  std::string ca;
};

// Reads the files, and sees to it that they can serve: of what is wrong with them gRPC says
// nothing. INVALID_ARGUMENT: one is not named, is no PEM file, or the key is not the certificate's;
// NOT_FOUND: one cannot be read; UNAVAILABLE: the certificate is not valid at `now`.
absl::StatusOr<TlsContents> ReadTlsFiles(const TlsFiles& files, absl::Time now);

}  // namespace muster::client

#endif  // CLIENT_LIBRARY_TLS_FILES_H_
