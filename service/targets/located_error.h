// Errors in files.
#ifndef SERVICE_TARGETS_LOCATED_ERROR_H_
#define SERVICE_TARGETS_LOCATED_ERROR_H_

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace muster::service {

// INVALID_ARGUMENT "FILE:LINE: message". Lines count from 1.
inline absl::Status ErrorAt(absl::string_view file, int line, absl::string_view message) {
  return absl::InvalidArgumentError(absl::StrCat(file, ":", line, ": ", message));
}

inline absl::Status TooLargeAt(absl::string_view file, int line, absl::string_view message) {
  return absl::ResourceExhaustedError(absl::StrCat(file, ":", line, ": ", message));
}

}  // namespace muster::service

#endif  // SERVICE_TARGETS_LOCATED_ERROR_H_
