// Limits of the contract (proto/muster/v1/run.proto), in one place.
#ifndef SERVICE_RUN_LIMITS_H_
#define SERVICE_RUN_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace muster::service {

inline constexpr size_t kMaxHosts = 100'000;
inline constexpr size_t kMaxTargetExpressionBytes = 64 * 1024;
inline constexpr int kMaxIgnoredVariables = 32;
inline constexpr size_t kMaxCommandBytes = 128 * 1024 - 1;  // MAX_ARG_STRLEN has a NUL, too
inline constexpr int kMaxFiles = 32;  // identity files, known_hosts files
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
inline constexpr int64_t kMaxTimeoutSeconds = int64_t{10} * 366 * 24 * 3600;
inline constexpr int64_t kMaxGraceSeconds = 3600;

}  // namespace muster::service

#endif  // SERVICE_RUN_LIMITS_H_
