// absl::Status at the edge to gRPC.
#ifndef PROTO_CONTRACT_GRPC_STATUS_H_
#define PROTO_CONTRACT_GRPC_STATUS_H_

#include <grpcpp/support/status.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "proto/contract/error_details.h"
#include "proto/contract/limits.h"

namespace muster {

// The codes are the same numbers. A text that is too long for clients is cut, between characters.
// Errors have details.
inline grpc::Status GrpcStatus(const absl::Status& status) {
  const auto code = static_cast<grpc::StatusCode>(status.raw_code());
  const absl::string_view text = status.message();
  if (status.ok()) return grpc::Status::OK;
  if (text.size() <= kMaxErrorBytes) {
    return grpc::Status(code, std::string(text), ErrorDetails(status));
  }
  size_t end = kMaxErrorBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return grpc::Status(code, absl::StrCat(text.substr(0, end), "..."), ErrorDetails(status));
}

}  // namespace muster

#endif  // PROTO_CONTRACT_GRPC_STATUS_H_
