// Limits of the contract (proto/muster/v1), in one place.
#ifndef PROTO_CONTRACT_LIMITS_H_
#define PROTO_CONTRACT_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace muster {

// Whole numbers that every client can read: JavaScript has no greater ones (2^53 - 1).
inline constexpr uint64_t kMaxNumber = (uint64_t{1} << 53) - 1;
inline constexpr size_t kMaxHosts = 100'000;
// Names, addresses, users and variables of a run's hosts together.
inline constexpr size_t kMaxHostListBytes = 16 << 20;
inline constexpr int kMaxHostVariables = 64;
inline constexpr size_t kMaxTargetExpressionBytes = 64 * 1024;
inline constexpr int kMaxIgnoredVariables = 32;
inline constexpr size_t kMaxHostNameBytes = 255;
inline constexpr size_t kMaxCommandBytes = 128 * 1024 - 1;  // MAX_ARG_STRLEN has a NUL, too
inline constexpr size_t kMaxTerminalTypeBytes = 64;
inline constexpr uint32_t kMaxTerminalSize = 10'000;  // characters, either way
inline constexpr int kMaxRequestedVariables = 64;
inline constexpr size_t kMaxScriptBytes = 256 * 1024;
inline constexpr size_t kMaxScriptNameBytes = 128;
inline constexpr uint32_t kMaxUmask = 0777;
inline constexpr size_t kMaxUserBytes = 256;
inline constexpr size_t kMaxCredentialNameBytes = 256;
inline constexpr size_t kMaxPathBytes = 4096;  // PATH_MAX
inline constexpr size_t kMaxPassphraseBytes = 1024;
inline constexpr size_t kMaxPasswordBytes = 1024;
inline constexpr int kMaxFiles = 32;  // identity files, known_hosts files
inline constexpr uint64_t kMaxAnswers = 16;
inline constexpr size_t kMaxQuestionBytes = 256;
inline constexpr uint64_t kMaxLoginMethods = 16;
inline constexpr int kMaxSshOptions = 64;
inline constexpr int kMaxJumpHosts = 8;
inline constexpr size_t kMaxJumpHostBytes = 255;
inline constexpr uint32_t kDefaultInFlight = 256;
inline constexpr uint32_t kMaxInFlight = 20'000;
inline constexpr int kMaxBatches = 1000;
inline constexpr size_t kMaxLockBytes = 256;
inline constexpr uint32_t kMaxRetries = 100;
inline constexpr int kMaxLabels = 32;
inline constexpr size_t kMaxLabelBytes = 256;
inline constexpr size_t kMaxRequestIdBytes = 128;
inline constexpr size_t kMaxInputBytes = 512 * 1024;  // of one call, also of an artifact
inline constexpr size_t kMaxArtifactNameBytes = 128;
inline constexpr size_t kMaxCallerNameBytes = 512;
inline constexpr int64_t kMaxTimeoutSeconds = int64_t{10} * 366 * 24 * 3600;
inline constexpr int64_t kMaxGraceSeconds = 3600;
inline constexpr int64_t kMinPartialMilliseconds = 20;
inline constexpr int64_t kMaxPartialSeconds = 60;
// A page of a list ends before it would be longer, but has one entry at least.
inline constexpr size_t kMaxPageBytes = 1 << 20;
// Of the text of a call's status: clients read 8 KiB of metadata, and it is escaped there.
inline constexpr size_t kMaxErrorBytes = 2048;

}  // namespace muster

#endif  // PROTO_CONTRACT_LIMITS_H_
