// Whether a run's specification keeps the limits of the contract.
#ifndef SERVICE_PREPARE_SPEC_CHECK_H_
#define SERVICE_PREPARE_SPEC_CHECK_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "muster/v1/run.pb.h"
#include "muster/v1/target_service.pb.h"

namespace muster::service {

// INVALID_ARGUMENT names every field that is faulty, what it is, and what it may be (FieldError).
// What needs files, the network or the command line's own rules is checked elsewhere.
absl::Status CheckSpec(const v1::RunSpec& spec);
absl::Status CheckRequest(const v1::ResolveTargetsRequest& request);
// What is wrong with it; empty where nothing is.
std::string ProblemOfUser(const std::string& user);

}  // namespace muster::service

#endif  // SERVICE_PREPARE_SPEC_CHECK_H_
