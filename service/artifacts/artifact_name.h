// How artifacts may be called.
#ifndef SERVICE_ARTIFACTS_ARTIFACT_NAME_H_
#define SERVICE_ARTIFACTS_ARTIFACT_NAME_H_

#include <string>

#include "absl/strings/string_view.h"

namespace muster::service {

// What is wrong with a name, by the rules of Artifact.name; empty where nothing is.
std::string ProblemOfArtifactName(absl::string_view name);

}  // namespace muster::service

#endif  // SERVICE_ARTIFACTS_ARTIFACT_NAME_H_
