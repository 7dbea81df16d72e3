// Why a musterd on the network cannot be reached.
#ifndef CLIENT_LIBRARY_UNREACHABLE_H_
#define CLIENT_LIBRARY_UNREACHABLE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "client/library/tls_files.h"

namespace muster::client {

// Goes the way that gRPC has failed to go (1.51 does not tell where it failed): the name, the
// connection, the handshake, the greeting. Only where a call has failed; blocks up to some ten
// seconds. UNAVAILABLE: a sentence that says what is wrong and what to do. `grpc_said` is told
// where nothing is wrong any more.
absl::Status WhyUnreachable(const std::string& host_port, const TlsContents& tls,
                            absl::string_view grpc_said);

}  // namespace muster::client

#endif  // CLIENT_LIBRARY_UNREACHABLE_H_
