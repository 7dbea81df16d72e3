#include "proto/contract/error_details.h"

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "proto/contract/limits.h"

namespace muster {
namespace {

constexpr char kReason[] = "muster.reason";
constexpr char kFields[] = "muster.fields";
constexpr char kDomain[] = "muster";
constexpr char kPrefix[] = "ERROR_REASON_";
constexpr int kRetrySeconds = 1;
// Of the fields: clients read 8 KiB of metadata, and it is in base64 there, beside the text.
constexpr size_t kMaxFieldBytes = 1024;

v1::ErrorReason UsualReason(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
      return v1::ERROR_REASON_FIELD_INVALID;
    case absl::StatusCode::kNotFound:
      return v1::ERROR_REASON_SOURCE_NOT_FOUND;
    case absl::StatusCode::kPermissionDenied:
      return v1::ERROR_REASON_NOT_ALLOWED;
    case absl::StatusCode::kUnauthenticated:
      return v1::ERROR_REASON_CALLER_UNKNOWN;
    case absl::StatusCode::kFailedPrecondition:
      return v1::ERROR_REASON_CREDENTIAL_UNUSABLE;
    case absl::StatusCode::kAlreadyExists:
      return v1::ERROR_REASON_REQUEST_ID_USED;
    case absl::StatusCode::kOutOfRange:
      return v1::ERROR_REASON_SEQUENCE_UNKNOWN;
    case absl::StatusCode::kResourceExhausted:  // what would pass, such as BUSY, is said
      return v1::ERROR_REASON_REQUEST_TOO_LARGE;
    case absl::StatusCode::kUnavailable:
      return v1::ERROR_REASON_NOT_READY;
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kDeadlineExceeded:
      return v1::ERROR_REASON_CALL_OVER;
    case absl::StatusCode::kUnimplemented:
      return v1::ERROR_REASON_NOT_SUPPORTED;
    case absl::StatusCode::kDataLoss:
      return v1::ERROR_REASON_DATA_DAMAGED;
    default:
      return v1::ERROR_REASON_FAULT;
  }
}

bool MayPass(const absl::Status& status) {
  if (ReasonOf(status) == v1::ERROR_REASON_REQUEST_TOO_LARGE) return false;
  return absl::IsResourceExhausted(status) || absl::IsUnavailable(status);
}

google::rpc::ErrorInfo InfoOf(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  info.set_domain(kDomain);
  absl::string_view name = v1::ErrorReason_Name(ReasonOf(status));
  absl::ConsumePrefix(&name, kPrefix);
  info.set_reason(std::string(name));
  return info;
}

}  // namespace

absl::Status WithReason(absl::Status status, v1::ErrorReason reason) {
  if (!status.ok() && !status.GetPayload(kReason).has_value()) {
    status.SetPayload(kReason, absl::Cord(absl::StrCat(static_cast<int>(reason))));
  }
  return status;
}

absl::Status WithFields(absl::Status status, const std::vector<FieldProblem>& problems) {
  google::rpc::BadRequest fields;
  for (const FieldProblem& problem : problems) {
    if (fields.ByteSizeLong() > kMaxFieldBytes) break;
    auto* violation = fields.add_field_violations();
    violation->set_field(problem.field.substr(0, kMaxFieldBytes / 4));
    violation->set_description(problem.text.substr(0, kMaxFieldBytes / 4));
  }
  status.SetPayload(kFields, absl::Cord(fields.SerializeAsString()));
  return status;
}

absl::Status FieldError(const std::vector<FieldProblem>& problems, absl::string_view root,
                        v1::ErrorReason reason) {
  if (problems.empty()) return absl::OkStatus();
  std::string text;
  for (const FieldProblem& problem : problems) {
    absl::string_view name = problem.field;
    absl::ConsumePrefix(&name, root);
    absl::StrAppend(&text, text.empty() ? "" : "; ", name, ": ", problem.text);
  }
  return WithFields(WithReason(absl::InvalidArgumentError(text), reason), problems);
}

v1::ErrorReason ReasonOf(const absl::Status& status) {
  const absl::optional<absl::Cord> given = status.GetPayload(kReason);
  int number = 0;
  if (!given.has_value() || !absl::SimpleAtoi(std::string(*given), &number)) {
    return UsualReason(status.code());
  }
  return static_cast<v1::ErrorReason>(number);
}

std::string ErrorDetails(const absl::Status& status) {
  google::rpc::Status details;
  details.set_code(status.raw_code());
  details.add_details()->PackFrom(InfoOf(status));
  google::rpc::BadRequest fields;
  const absl::optional<absl::Cord> given = status.GetPayload(kFields);
  if (given.has_value() && fields.ParseFromString(std::string(*given))) {
    details.add_details()->PackFrom(fields);
  }
  if (MayPass(status)) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(kRetrySeconds);
    details.add_details()->PackFrom(retry);
  }
  return details.SerializeAsString();
}

v1::ErrorReason ReasonIn(const std::string& details) {
  google::rpc::Status status;
  google::rpc::ErrorInfo info;
  v1::ErrorReason reason = v1::ERROR_REASON_UNSPECIFIED;
  if (!status.ParseFromString(details)) return reason;
  for (const google::protobuf::Any& detail : status.details()) {
    if (detail.UnpackTo(&info) && info.domain() == kDomain) {
      v1::ErrorReason_Parse(absl::StrCat(kPrefix, info.reason()), &reason);
    }
  }
  return reason;
}

}  // namespace muster
