#include "service/daemon/session_budget.h"

#include <sys/resource.h>
#include <sys/sysinfo.h>

#include <algorithm>
#include <cstdint>
#include <fstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "ssh_engine/engine.h"

namespace muster::service {
namespace {

constexpr size_t kLeastReserve = 64;
constexpr size_t kMostReserve = 1024;
constexpr char kControlGroupLimit[] = "/sys/fs/cgroup/memory.max";  // cgroups(7), version 2

size_t MachineMemory() {
  struct sysinfo info = {};
  if (sysinfo(&info) != 0) return size_t{1} << 30;
  return static_cast<size_t>(info.totalram) * info.mem_unit;
}

// None where the file is missing or says "max".
size_t ControlGroupMemory() {
  std::ifstream file(kControlGroupLimit);
  std::string text;
  uint64_t bytes = 0;
  return std::getline(file, text) && absl::SimpleAtoi(text, &bytes) ? bytes : SIZE_MAX;
}

}  // namespace

SessionBudget PlanSessions(const Resources& resources, size_t wanted) {
  const size_t reserve = std::clamp(resources.descriptors / 8, kLeastReserve, kMostReserve);
  const size_t by_descriptors = resources.descriptors > 2 * reserve
                                    ? resources.descriptors - reserve
                                    : std::max<size_t>(1, resources.descriptors / 2);
  const size_t by_memory =
      std::max<size_t>(1, resources.memory_bytes / 2 / engine::kBytesPerSession);
  SessionBudget budget;
  budget.sessions = std::min(by_descriptors, wanted > 0 ? wanted : by_memory);
  budget.reason =
      absl::StrCat(resources.descriptors, " descriptors allow ", by_descriptors, ", half of ",
                   resources.memory_bytes >> 20, " MiB of memory ", by_memory);
  if (wanted > 0) absl::StrAppend(&budget.reason, ", --max-sessions ", wanted);
  return budget;
}

Resources TakeResources() {
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return {static_cast<size_t>(limit.rlim_cur), std::min(MachineMemory(), ControlGroupMemory())};
}

}  // namespace muster::service
