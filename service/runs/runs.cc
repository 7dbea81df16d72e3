#include "service/runs/runs.h"

#include <openssl/rand.h>

#include <algorithm>
#include <future>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "google/protobuf/util/message_differencer.h"
#include "proto/contract/limits.h"

namespace muster::service {
namespace {

constexpr char kDigits[] = "0123456789abcdefghjkmnpqrstvwxyz";  // without i, l, o, u
constexpr int kTimeDigits = 9;
constexpr size_t kPart = 200;  // that the store is asked for at a time

void AppendDigits(uint64_t value, int digits, std::string* to) {
  for (int i = digits - 1; i >= 0; --i) to->push_back(kDigits[value >> (5 * i) & 31]);
}

// The milliseconds since 1970, and three digits of chance against guessing and mixing up.
std::string MakeId(int64_t milliseconds) {
  uint64_t random = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&random), sizeof(random));
  std::string id;
  AppendDigits(static_cast<uint64_t>(milliseconds), kTimeDigits, &id);
  AppendDigits(random, 3, &id);
  return id;
}

// What MakeId was given; 0: no such id.
int64_t MillisecondsOf(absl::string_view id) {
  int64_t value = 0;
  for (const char digit : id.substr(0, kTimeDigits)) {
    const size_t at = absl::string_view(kDigits).find(digit);
    if (at == absl::string_view::npos) return 0;
    value = value << 5 | static_cast<int64_t>(at);
  }
  return value;
}

absl::Status NoSuchRun(absl::string_view id) {
  return absl::NotFoundError(
      absl::StrCat("there is no run \"", id, "\", or it has been forgotten"));
}

std::string RequestKey(const std::string& creator, const std::string& request_id) {
  return request_id.empty() ? "" : absl::StrCat(creator, "\n", request_id);
}

// The seed may have been the daemon's choice.
bool SameSpec(v1::RunSpec one, v1::RunSpec other) {
  one.mutable_rollout()->clear_shuffle_seed();
  other.mutable_rollout()->clear_shuffle_seed();
  return google::protobuf::util::MessageDifferencer::Equals(one, other);
}

bool Wants(const RunQuery& query, v1::RunState state) {
  return query.states.empty() ||
         std::find(query.states.begin(), query.states.end(), state) != query.states.end();
}

}  // namespace

Runs::Runs(const RunStore* store, const RunParts& parts, size_t max_active,
           std::function<void(const Run&)> on_over)
    : store_(store), parts_(parts), max_active_(max_active), on_over_(std::move(on_over)) {
  RunQuery newest;
  newest.limit = 1;
  const absl::StatusOr<std::vector<v1::Run>> runs = store_->List(newest);
  if (runs.ok() && !runs->empty()) last_id_time_ = MillisecondsOf(runs->front().id());
}

absl::StatusOr<Runs::Created> Runs::FindRequest(const RunPlan& plan) const {
  if (plan.request_id.empty()) return Created();
  absl::StatusOr<absl::optional<NewRun>> found = store_->FindRequest(plan.creator, plan.request_id);
  if (!found.ok()) return found.status();
  if (!found->has_value()) return Created();
  if (!SameSpec((*found)->run.spec(), plan.spec)) {
    return absl::AlreadyExistsError(absl::StrCat("request_id \"", plan.request_id,
                                                 "\" was used for run ", (*found)->run.id(),
                                                 ", with another specification"));
  }
  Created created{{LiveRun((*found)->run.id()), {}}, true};
  if (created.run.live == nullptr) created.run.stored = std::move((*found)->run);
  return created;
}

absl::StatusOr<Runs::Created> Runs::Create(RunPlan plan, absl::FunctionRef<void(Run&)> begin) {
  absl::StatusOr<Created> known = FindRequest(plan);
  if (!known.ok() || known->existed) return known;
  absl::StatusOr<std::shared_ptr<Run>> run = Reserve(std::move(plan));
  if (!run.ok()) return run.status();
  std::future<absl::Status> result = Write(*run);
  begin(**run);
  absl::Status written = result.get();
  if (written.ok()) return Created{{*std::move(run), {}}, false};
  Leave(*run);
  (*run)->CancelBecause("the run could not be written down.");
  return written;
}

absl::StatusOr<std::shared_ptr<Run>> Runs::Reserve(RunPlan plan) {
  const absl::Time now = absl::Now();
  const std::string key = RequestKey(plan.creator, plan.request_id);
  MutexLock lock(&mutex_);
  if (live_.size() >= max_active_) {
    return absl::ResourceExhaustedError(
        absl::StrCat(live_.size(),
                     " runs are active, as many as this daemon takes (--max-runs); "
                     "try again when one of them has ended"));
  }
  if (!key.empty() && requests_.contains(key)) {
    return absl::UnavailableError("the same request is being answered; try again");
  }
  // Newer ids come later in order, also where the clock was set back.
  last_id_time_ = std::max(absl::ToUnixMillis(now), last_id_time_ + 1);
  std::string id = MakeId(last_id_time_);
  if (!key.empty()) requests_[key] = id;
  auto run = std::make_shared<Run>(id, std::move(plan), now, parts_, WhenOver());
  live_.emplace(std::move(id), run);
  return run;
}

std::future<absl::Status> Runs::Write(const std::shared_ptr<Run>& run) {
  auto written = std::make_shared<std::promise<absl::Status>>();
  std::future<absl::Status> result = written->get_future();
  parts_.journal->AddRun(run->Record(), run->log(), run->FirstEvents(), absl::Now(),
                         [written](absl::Status status) { written->set_value(std::move(status)); });
  return result;
}

std::shared_ptr<Run> Runs::Adopt(std::string id, RunPlan plan, const RunPast& past) {
  const std::string key = RequestKey(plan.creator, plan.request_id);
  auto run = std::make_shared<Run>(id, std::move(plan), past, parts_, WhenOver());
  MutexLock lock(&mutex_);
  if (!key.empty()) requests_[key] = id;
  live_.emplace(std::move(id), run);
  return run;
}

Run::OnOver Runs::WhenOver() {
  return [this](const std::shared_ptr<Run>& run) {
    Leave(run);
    on_over_(*run);
  };
}

void Runs::Leave(const std::shared_ptr<Run>& run) {
  MutexLock lock(&mutex_);
  live_.erase(run->id());
  const auto request = requests_.find(RequestKey(run->creator(), run->request_id()));
  if (request != requests_.end() && request->second == run->id()) requests_.erase(request);
}

std::shared_ptr<Run> Runs::LiveRun(absl::string_view id) const {
  MutexLock lock(&mutex_);
  const auto it = live_.find(id);
  return it == live_.end() ? nullptr : it->second;
}

std::vector<std::shared_ptr<Run>> Runs::Live() const {
  std::vector<std::shared_ptr<Run>> all;
  MutexLock lock(&mutex_);
  for (const auto& entry : live_) all.push_back(entry.second);
  return all;
}

absl::Status Runs::Forget(const std::string& id) {
  auto forgotten = std::make_shared<std::promise<absl::Status>>();
  std::future<absl::Status> result = forgotten->get_future();
  parts_.journal->Forget(
      id, [forgotten](absl::Status status) { forgotten->set_value(std::move(status)); });
  return result.get();
}

absl::StatusOr<RunRef> Runs::Find(absl::string_view id) const {
  RunRef found;
  found.live = LiveRun(id);
  if (found.live != nullptr) return found;
  absl::StatusOr<absl::optional<NewRun>> stored = store_->Find(id);
  if (!stored.ok()) return stored.status();
  if (!stored->has_value()) return NoSuchRun(id);
  found.stored = std::move((*stored)->run);
  return found;
}

absl::StatusOr<RunRef> Runs::FindFor(const Caller& caller, absl::string_view id) const {
  absl::StatusOr<RunRef> run = Find(id);
  if (!run.ok() || caller.local() || run->creator() == caller.Text()) return run;
  return NoSuchRun(id);
}

// What the store has of a run under way is how it was made.
absl::StatusOr<Runs::Page> Runs::List(const RunQuery& query) const {
  Page found;
  size_t bytes = 0;
  RunQuery part = query;
  part.states.clear();
  // One more than wanted, to know whether there is one.
  part.limit = query.states.empty() ? std::min(query.limit, kPart - 1) + 1 : kPart;
  part.max_bytes = kMaxPageBytes;
  for (;;) {
    absl::StatusOr<std::vector<v1::Run>> runs = store_->List(part);
    if (!runs.ok()) return runs.status();
    if (runs->empty()) return found;
    for (v1::Run& run : *runs) {
      part.before = run.id();
      const std::shared_ptr<Run> live = LiveRun(run.id());
      if (live != nullptr) run = live->Snapshot();
      if (!Wants(query, run.state())) continue;
      bytes += run.ByteSizeLong();
      found.more =
          found.runs.size() == query.limit || (!found.runs.empty() && bytes > kMaxPageBytes);
      if (found.more) return found;
      found.runs.push_back(std::move(run));
    }
  }
}

}  // namespace muster::service
