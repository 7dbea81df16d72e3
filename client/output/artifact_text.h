// Artifacts as text for people.
#ifndef CLIENT_OUTPUT_ARTIFACT_TEXT_H_
#define CLIENT_OUTPUT_ARTIFACT_TEXT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "muster/v1/artifact_service.pb.h"

namespace muster::client {

// One in each line of at most `columns` (0: as long as it is), under a heading, as given.
std::string ArtifactsTable(const std::vector<v1::Artifact>& artifacts, size_t columns,
                           absl::TimeZone zone);

// Of one that is whole, of which `before` bytes were there before it was put; no end of line.
std::string PutText(const v1::Artifact& artifact, uint64_t before);

// "app.tar: 45.2 MiB of 1.2 GiB, 12 s". `size` 0: nobody knows it.
std::string ReadingText(const std::string& name, uint64_t bytes, uint64_t size,
                        absl::Duration elapsed);

}  // namespace muster::client

#endif  // CLIENT_OUTPUT_ARTIFACT_TEXT_H_
