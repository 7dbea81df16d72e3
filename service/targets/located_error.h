// Errors in files.
#ifndef SERVICE_TARGETS_LOCATED_ERROR_H_
#define SERVICE_TARGETS_LOCATED_ERROR_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace muster::service {

// "FILE:LINE". Lines count from 1; 0: the whole file, or one that has none.
inline std::string PlaceOf(absl::string_view file, int line) {
  return line == 0 ? std::string(file) : absl::StrCat(file, ":", line);
}

// INVALID_ARGUMENT "FILE:LINE: message".
inline absl::Status ErrorAt(absl::string_view file, int line, absl::string_view message) {
  return absl::InvalidArgumentError(absl::StrCat(PlaceOf(file, line), ": ", message));
}

inline absl::Status TooLargeAt(absl::string_view file, int line, absl::string_view message) {
  return absl::ResourceExhaustedError(absl::StrCat(PlaceOf(file, line), ": ", message));
}

}  // namespace muster::service

#endif  // SERVICE_TARGETS_LOCATED_ERROR_H_
