// What an error has for programs beside its code and text (error.proto).
#ifndef PROTO_CONTRACT_ERROR_DETAILS_H_
#define PROTO_CONTRACT_ERROR_DETAILS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "muster/v1/error.pb.h"

namespace muster {

// A field of a request that is faulty. A value.
struct FieldProblem {
  std::string field;  // its path: "spec.login.port"
  std::string text;   // what is wrong with it, and what it may be
};

// The same status with a reason; an earlier one is kept.
absl::Status WithReason(absl::Status status, v1::ErrorReason reason);
// The same status, which names the fields for programs.
absl::Status WithFields(absl::Status status, const std::vector<FieldProblem>& problems);
// INVALID_ARGUMENT whose text has all problems; OK where there are none. FIELD_INVALID, unless
// another reason is given. A field's path is told in the text without `root` ("spec."), where it
// has it.
absl::Status FieldError(const std::vector<FieldProblem>& problems, absl::string_view root = "",
                        v1::ErrorReason reason = v1::ERROR_REASON_FIELD_INVALID);

// The reason that it was given, else the one that its code has most often.
v1::ErrorReason ReasonOf(const absl::Status& status);
// A google.rpc.Status, encoded: for grpc::Status. Never longer than clients read, with fewer fields
// instead.
std::string ErrorDetails(const absl::Status& status);
// From such bytes: UNSPECIFIED where they have none, or one that is not known.
v1::ErrorReason ReasonIn(const std::string& details);

}  // namespace muster

#endif  // PROTO_CONTRACT_ERROR_DETAILS_H_
