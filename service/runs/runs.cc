#include "service/runs/runs.h"

#include <openssl/rand.h>

#include <algorithm>
#include <future>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "proto/contract/error_details.h"
#include "proto/contract/limits.h"
#include "proto/contract/page_bytes.h"

namespace muster::service {
namespace {

constexpr char kDigits[] = "0123456789abcdefghjkmnpqrstvwxyz";  // without i, l, o, u
constexpr int kIdDigits = 13;                                   // of 5 bits: 64 are by chance
constexpr size_t kPart = 200;  // that the store is asked for at a time

std::string MakeId() {
  unsigned char random[kIdDigits];
  RAND_bytes(random, sizeof(random));
  std::string id;
  for (const unsigned char byte : random) id.push_back(kDigits[byte & 31]);
  return id;
}

absl::Status NoSuchRun(absl::string_view id) {
  return WithReason(
      absl::NotFoundError(absl::StrCat("there is no run \"", id, "\", or it has been forgotten")),
      v1::ERROR_REASON_RUN_NOT_FOUND);
}

bool Wants(const RunQuery& query, v1::RunState state) {
  return query.states.empty() ||
         std::find(query.states.begin(), query.states.end(), state) != query.states.end();
}

}  // namespace

Runs::Runs(const RunStore* store, const RunParts& parts, size_t max_active,
           std::function<void(const Run&)> on_over)
    : store_(store), parts_(parts), max_active_(max_active), on_over_(std::move(on_over)) {}

absl::StatusOr<absl::optional<RunRef>> Runs::FindRequest(const RunRequest& request) const {
  if (request.id.empty()) return absl::optional<RunRef>();
  absl::StatusOr<absl::optional<NewRun>> found = store_->FindRequest(request.creator, request.id);
  if (!found.ok()) return found.status();
  if (!found->has_value()) return absl::optional<RunRef>();
  if ((*found)->request_digest != request.digest) {
    return absl::AlreadyExistsError(
        absl::StrCat("request_id \"", request.id, "\" was used for run ", (*found)->run.id(),
                     ", with another specification, or in another call"));
  }
  RunRef known{LiveRun((*found)->run.id()), {}};
  if (known.live == nullptr) known.stored = std::move((*found)->run);
  return absl::make_optional(std::move(known));
}

absl::StatusOr<std::shared_ptr<Run>> Runs::Create(RunPlan plan,
                                                  absl::FunctionRef<void(Run&)> begin) {
  absl::StatusOr<std::shared_ptr<Run>> run = Reserve(std::move(plan));
  if (!run.ok()) return run.status();
  std::future<absl::Status> result = Write(*run);
  Enter(*run);
  begin(**run);
  absl::Status written = result.get();
  if (written.ok()) return run;
  Leave(*run);
  (*run)->Cancel({v1::RUN_REASON_NOT_WRITTEN, "the run could not be written down.", ""});
  return written;
}

absl::StatusOr<std::shared_ptr<Run>> Runs::Reserve(RunPlan plan) {
  const absl::Time now = absl::Now();
  MutexLock lock(&mutex_);
  if (live_.size() + entering_ >= max_active_) {
    return WithReason(absl::ResourceExhaustedError(absl::StrCat(
                          live_.size() + entering_,
                          " runs are active, as many as this daemon takes (--max-runs); try again "
                          "when one of them has ended")),
                      v1::ERROR_REASON_TOO_MANY_RUNS);
  }
  ++entering_;
  return std::make_shared<Run>(MakeId(), std::move(plan), now, parts_, WhenOver());
}

// Once it is queued to be added: who finds it may end it, and an end comes after that.
void Runs::Enter(const std::shared_ptr<Run>& run) {
  MutexLock lock(&mutex_);
  --entering_;
  live_.emplace(run->id(), run);
}

std::future<absl::Status> Runs::Write(const std::shared_ptr<Run>& run) {
  auto written = std::make_shared<std::promise<absl::Status>>();
  std::future<absl::Status> result = written->get_future();
  parts_.journal->AddRun(run->Record(), run->log(), run->FirstEvents(), absl::Now(),
                         [written](absl::Status status) { written->set_value(std::move(status)); });
  return result;
}

std::shared_ptr<Run> Runs::Adopt(std::string id, RunPlan plan, const RunPast& past) {
  auto run = std::make_shared<Run>(id, std::move(plan), past, parts_, WhenOver());
  MutexLock lock(&mutex_);
  live_.emplace(std::move(id), run);
  return run;
}

Run::OnOver Runs::WhenOver() {
  return [this](const std::shared_ptr<Run>& run) {
    ends_.Add(*run);
    Leave(run);
    on_over_(*run);
  };
}

void Runs::Leave(const std::shared_ptr<Run>& run) {
  MutexLock lock(&mutex_);
  live_.erase(run->id());
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
  size_t bytes = kPageRestBytes;
  RunQuery part = query;
  part.states.clear();
  // One more than wanted, to know whether there is one.
  part.limit = query.states.empty() ? std::min(query.limit, kPart - 1) + 1 : kPart;
  part.max_bytes = kMaxPageBytes;
  for (;;) {
    absl::StatusOr<std::vector<ListedRun>> runs = store_->List(part);
    if (!runs.ok()) return runs.status();
    if (runs->empty()) return found;
    for (ListedRun& listed : *runs) {
      part.before = listed.number;
      const std::shared_ptr<Run> live = LiveRun(listed.run.id());
      if (live != nullptr) listed.run = live->Snapshot();
      if (!Wants(query, listed.run.state())) continue;
      bytes += BytesInPage(listed.run);
      found.more =
          found.runs.size() == query.limit || (!found.runs.empty() && bytes > kMaxPageBytes);
      if (found.more) return found;
      found.runs.push_back(std::move(listed.run));
      found.last = listed.number;
    }
  }
}

}  // namespace muster::service
