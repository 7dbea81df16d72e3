#include "service/run_registry.h"

#include <openssl/rand.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "google/protobuf/util/message_differencer.h"
#include "ssh_engine/mutex.h"

namespace muster::service {
namespace {

constexpr char kDigits[] = "0123456789abcdefghjkmnpqrstvwxyz";  // without i, l, o, u

void AppendDigits(uint64_t value, int digits, std::string* to) {
  for (int i = digits - 1; i >= 0; --i) to->push_back(kDigits[value >> (5 * i) & 31]);
}

// The milliseconds since 1970, and three digits of chance against guessing and mixing up.
std::string MakeId(absl::Time now) {
  uint64_t random = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&random), sizeof(random));
  std::string id;
  AppendDigits(static_cast<uint64_t>(absl::ToUnixMillis(now)), 9, &id);
  AppendDigits(random, 3, &id);
  return id;
}

class MemoryRunRegistry final : public RunRegistry {
 public:
  explicit MemoryRunRegistry(const RunRegistryLimits& limits) : limits_(limits) {}

  absl::StatusOr<Added> Add(RunPlan plan) override;
  std::shared_ptr<Run> Find(absl::string_view id) const override;
  std::vector<std::shared_ptr<Run>> List(absl::string_view before, size_t limit,
                                         absl::FunctionRef<bool(const Run&)> wanted) const override;

 private:
  using Runs = std::map<std::string, std::shared_ptr<Run>, std::less<>>;

  static std::string RequestKey(const std::string& creator, const std::string& request_id) {
    return absl::StrCat(creator, "\n", request_id);
  }
  // Whether `bytes` more of output may be kept; any loop.
  bool Reserve(size_t bytes);
  // Forgets the oldest run that is over; null where none is. What it returns is to be destroyed
  // without the lock: it may be large.
  std::shared_ptr<Run> ForgetOldest() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const RunRegistryLimits limits_;
  std::atomic<size_t> output_bytes_{0};
  mutable Mutex mutex_;
  Runs runs_ ABSL_GUARDED_BY(mutex_);  // by id: the oldest first
  absl::flat_hash_map<std::string, std::string> requests_ ABSL_GUARDED_BY(mutex_);  // to ids
};

absl::StatusOr<RunRegistry::Added> MemoryRunRegistry::Add(RunPlan plan) {
  std::shared_ptr<Run> forgotten;  // destroyed without the lock
  MutexLock lock(&mutex_);
  const std::string key = RequestKey(plan.creator, plan.request_id);
  if (!plan.request_id.empty() && requests_.contains(key)) {
    const std::shared_ptr<Run>& run = runs_.find(requests_[key])->second;
    if (google::protobuf::util::MessageDifferencer::Equals(run->spec(), plan.spec)) {
      return Added{run, true};
    }
    return absl::AlreadyExistsError(absl::StrCat("request_id \"", plan.request_id,
                                                 "\" was used for run ", run->id(),
                                                 ", with another specification"));
  }
  if (runs_.size() >= limits_.max_runs && (forgotten = ForgetOldest()) == nullptr) {
    return absl::ResourceExhaustedError(
        absl::StrCat(runs_.size(),
                     " runs are active, as many as this daemon keeps (--max-runs); "
                     "try again when one of them has ended"));
  }
  const absl::Time now = absl::Now();
  std::string id;
  do {
    id = MakeId(now);
  } while (runs_.count(id) > 0);
  if (!plan.request_id.empty()) requests_[key] = id;
  auto run = std::make_shared<Run>(id, std::move(plan), now,
                                   [this](size_t bytes) { return Reserve(bytes); });
  runs_.emplace(std::move(id), run);
  return Added{std::move(run), false};
}

std::shared_ptr<Run> MemoryRunRegistry::ForgetOldest() {
  const auto it = std::find_if(runs_.begin(), runs_.end(),
                               [](const Runs::value_type& entry) { return entry.second->over(); });
  if (it == runs_.end()) return nullptr;
  std::shared_ptr<Run> run = std::move(it->second);
  runs_.erase(it);
  requests_.erase(RequestKey(run->creator(), run->request_id()));
  output_bytes_ -= run->kept_bytes();
  return run;
}

bool MemoryRunRegistry::Reserve(size_t bytes) {
  if (output_bytes_.fetch_add(bytes) + bytes <= limits_.max_output_bytes) return true;
  std::vector<std::shared_ptr<Run>> forgotten;
  MutexLock lock(&mutex_);
  while (output_bytes_ > limits_.max_output_bytes) {
    forgotten.push_back(ForgetOldest());
    if (forgotten.back() != nullptr) continue;
    output_bytes_ -= bytes;
    return false;
  }
  return true;
}

std::shared_ptr<Run> MemoryRunRegistry::Find(absl::string_view id) const {
  MutexLock lock(&mutex_);
  const auto it = runs_.find(id);
  return it == runs_.end() ? nullptr : it->second;
}

std::vector<std::shared_ptr<Run>> MemoryRunRegistry::List(
    absl::string_view before, size_t limit, absl::FunctionRef<bool(const Run&)> wanted) const {
  std::vector<std::shared_ptr<Run>> found;
  MutexLock lock(&mutex_);
  auto it = before.empty() ? runs_.end() : runs_.lower_bound(before);
  while (it != runs_.begin() && found.size() < limit) {
    --it;
    if (wanted(*it->second)) found.push_back(it->second);
  }
  return found;
}

}  // namespace

std::unique_ptr<RunRegistry> NewRunRegistry(const RunRegistryLimits& limits) {
  return std::make_unique<MemoryRunRegistry>(limits);
}

}  // namespace muster::service
