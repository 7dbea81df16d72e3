// An artifact as the input of a run's commands.
#ifndef SERVICE_ARTIFACTS_ARTIFACT_INPUT_H_
#define SERVICE_ARTIFACTS_ARTIFACT_INPUT_H_

#include <cstdint>
#include <memory>
#include <string>

#include "service/artifacts/artifact_blocks.h"
#include "ssh_engine/base/unique_fd.h"
#include "ssh_engine/input.h"

namespace muster::service {

// Each host reads all of it: the `bytes` of `file`, of the artifact `name`. After
// ArtifactBlocks::Stop it answers nothing.
std::shared_ptr<engine::InputSource> NewArtifactInput(std::string name, UniqueFd file,
                                                      uint64_t bytes,
                                                      std::shared_ptr<ArtifactBlocks> blocks);

}  // namespace muster::service

#endif  // SERVICE_ARTIFACTS_ARTIFACT_INPUT_H_
