// Brings an artifact to the daemon.
#ifndef CLIENT_COMMANDS_ARTIFACT_UPLOAD_H_
#define CLIENT_COMMANDS_ARTIFACT_UPLOAD_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "client/commands/artifact_source.h"
#include "client/library/muster_client.h"

namespace muster::client {

// A value.
struct Uploaded {
  v1::Artifact artifact;  // whole
  uint64_t before = 0;    // how many of its bytes were there when we came
};

// Until it is whole, from where the daemon has it on. Neither pointer is kept. Errors are
// PutArtifact's and the source's, with what to do; ALREADY_EXISTS wherever what is there is not the
// source's.
absl::StatusOr<Uploaded> UploadArtifact(const std::string& name, ArtifactSource* source,
                                        MusterClient* client);

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_ARTIFACT_UPLOAD_H_
