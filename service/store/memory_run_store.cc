#include "service/store/memory_run_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/contract/times.h"
#include "service/events/event_block.h"
#include "service/store/run_query.h"

namespace muster::service {
namespace {

absl::Status NoRun(absl::string_view id) {
  return absl::NotFoundError(absl::StrCat("there is no run ", id));
}

absl::Status Ended(absl::string_view id) {
  return absl::FailedPreconditionError(absl::StrCat("run ", id, " has ended"));
}

template <typename Runs>
bool Clashes(const Runs& runs, const NewRun& added) {
  return std::any_of(runs.begin(), runs.end(), [&](const auto& entry) {
    const NewRun& run = entry.second.run;
    return run.run.id() == added.run.id() ||
           (!added.request_id.empty() && run.request_id == added.request_id &&
            run.run.creator() == added.run.creator());
  });
}

}  // namespace

void MemoryDisk::LosePower() {
  MutexLock lock(&mutex_);
  for (auto& [id, log] : logs_) log.blocks.resize(log.synced);
}

void MemoryDisk::SetFault(Fault fault) {
  MutexLock lock(&mutex_);
  fault_ = std::move(fault);
}

void MemoryDisk::SetLogFault(const std::string& run_id, absl::Status status) {
  MutexLock lock(&mutex_);
  log_faults_[run_id] = std::move(status);
}

void MemoryDisk::RemoveLog(const std::string& run_id) {
  MutexLock lock(&mutex_);
  logs_.erase(run_id);
}

void MemoryDisk::Damage(const std::string& run_id, uint64_t sequence) {
  MutexLock lock(&mutex_);
  logs_[run_id].damaged = sequence;
}

size_t MemoryDisk::writes(StoreWrite kind) const {
  MutexLock lock(&mutex_);
  const auto found = writes_.find(kind);
  return found == writes_.end() ? 0 : found->second;
}

MemoryRunStore::MemoryRunStore(std::shared_ptr<MemoryDisk> disk) : disk_(std::move(disk)) {
  MutexLock lock(&disk_->mutex_);
  fence_ = ++disk_->fence_;
  auto& logs = disk_->logs_;
  for (auto it = logs.begin(); it != logs.end();) {  // of runs that were not committed
    it = disk_->runs_.count(it->first) > 0 ? std::next(it) : logs.erase(it);
  }
  for (auto& [id, log] : logs) log.Sync();
}

absl::Status MemoryRunStore::Admit(StoreWrite kind, Fence fence) {
  if (fence != disk_->fence_) {
    return absl::AbortedError(absl::StrCat("another daemon has taken the store over: fence ",
                                           disk_->fence_, ", this one has ", fence));
  }
  absl::Status status = disk_->fault_ == nullptr ? absl::OkStatus() : disk_->fault_(kind);
  if (status.ok()) ++disk_->writes_[kind];
  return status;
}

absl::Status MemoryRunStore::Commit(Fence fence, const JournalCommit& commit) {
  MutexLock lock(&disk_->mutex_);
  if (absl::Status status = Admit(StoreWrite::kCommit, fence); !status.ok()) return status;
  auto runs = disk_->runs_;  // all of it or nothing
  for (const NewRun& added : commit.added) {
    if (Clashes(runs, added)) {
      return absl::AlreadyExistsError(absl::StrCat("there is a run ", added.run.id(),
                                                   " already, or one with request_id \"",
                                                   added.request_id, "\""));
    }
    RunNumber newest = 0;
    for (const auto& [id, record] : runs) newest = std::max(newest, record.number);
    MemoryDisk::Record& record = runs[added.run.id()];
    record.run = added;
    record.number = newest + 1;
  }
  for (const Starting& starting : commit.starting) {
    const auto run = runs.find(starting.run_id);
    if (run == runs.end()) return NoRun(starting.run_id);
    if (run->second.ended) return Ended(starting.run_id);
    run->second.started.insert(run->second.started.end(), starting.host_indexes.begin(),
                               starting.host_indexes.end());
  }
  for (const EndedRun& ended : commit.ended) {
    const auto run = runs.find(ended.run.id());
    if (run == runs.end()) return NoRun(ended.run.id());
    if (run->second.ended) return Ended(ended.run.id());
    run->second.ended = true;
    run->second.run.run = ended.run;
    run->second.results = ended.results;
  }
  disk_->runs_ = std::move(runs);
  for (const NewRun& added : commit.added) disk_->logs_[added.run.id()].Sync();
  for (const EndedRun& ended : commit.ended) disk_->logs_[ended.run.id()].Sync();
  return absl::OkStatus();
}

absl::Status MemoryRunStore::Append(Fence fence, absl::string_view run_id,
                                    absl::Span<const LogBlock> blocks) {
  MutexLock lock(&disk_->mutex_);
  if (absl::Status status = Admit(StoreWrite::kAppend, fence); !status.ok()) return status;
  const auto fault = disk_->log_faults_.find(std::string(run_id));
  if (fault != disk_->log_faults_.end() && !fault->second.ok()) return fault->second;
  const auto run = disk_->runs_.find(run_id);
  if (run != disk_->runs_.end() && run->second.ended) return Ended(run_id);
  MemoryDisk::Log& log = disk_->logs_[std::string(run_id)];
  uint64_t next = log.last_sequence() + 1;
  for (const LogBlock& block : blocks) {
    if (block.first_sequence != next || block.count == 0) {
      return absl::OutOfRangeError(absl::StrCat("a block from ", block.first_sequence, " for run ",
                                                run_id, ", whose log goes on with ", next));
    }
    next += block.count;
  }
  for (const LogBlock& block : blocks) {
    log.blocks.push_back({block.first_sequence, block.count, std::string(block.bytes)});
  }
  return absl::OkStatus();
}

absl::Status MemoryRunStore::Sync(Fence fence) {
  MutexLock lock(&disk_->mutex_);
  if (absl::Status status = Admit(StoreWrite::kSync, fence); !status.ok()) return status;
  for (auto& [id, log] : disk_->logs_) log.Sync();
  return absl::OkStatus();
}

absl::Status MemoryRunStore::Forget(Fence fence, absl::string_view run_id) {
  MutexLock lock(&disk_->mutex_);
  if (absl::Status status = Admit(StoreWrite::kForget, fence); !status.ok()) return status;
  const auto run = disk_->runs_.find(run_id);
  if (run != disk_->runs_.end() && !run->second.ended) {
    return absl::FailedPreconditionError(absl::StrCat("run ", run_id, " has not ended"));
  }
  if (run != disk_->runs_.end()) disk_->runs_.erase(run);
  if (const auto log = disk_->logs_.find(run_id); log != disk_->logs_.end())
    disk_->logs_.erase(log);
  return absl::OkStatus();
}

absl::StatusOr<StoreUsage> MemoryRunStore::Usage() const {
  MutexLock lock(&disk_->mutex_);
  StoreUsage usage;
  for (const auto& [id, log] : disk_->logs_) {
    for (const auto& block : log.blocks) usage.bytes += block.bytes.size();
  }
  usage.free_disk_bytes = uint64_t{1} << 40;
  return usage;
}

absl::StatusOr<size_t> MemoryRunStore::CountRuns() const {
  MutexLock lock(&disk_->mutex_);
  return disk_->runs_.size();
}

absl::StatusOr<std::vector<UnfinishedRun>> MemoryRunStore::Unfinished() const {
  MutexLock lock(&disk_->mutex_);
  std::vector<UnfinishedRun> unfinished;
  for (const MemoryDisk::Record* record : InOrder()) {
    if (record->ended) continue;
    const std::string& id = record->run.run.id();
    UnfinishedRun& run = unfinished.emplace_back();
    run.run = record->run.run;
    run.request_id = record->run.request_id;
    run.request_digest = record->run.request_digest;
    run.started = record->started;
    std::sort(run.started.begin(), run.started.end());
    run.started.erase(std::unique(run.started.begin(), run.started.end()), run.started.end());
    const auto log = disk_->logs_.find(id);
    if (log == disk_->logs_.end()) continue;
    run.last_sequence = log->second.last_sequence();
    if (log->second.damaged > 0) run.damage = absl::StrCat("the log of run ", id, " is damaged");
  }
  return unfinished;
}

absl::StatusOr<absl::optional<NewRun>> MemoryRunStore::Find(absl::string_view id) const {
  MutexLock lock(&disk_->mutex_);
  const auto found = disk_->runs_.find(id);
  if (found == disk_->runs_.end()) return absl::optional<NewRun>();
  return absl::make_optional(found->second.run);
}

absl::StatusOr<absl::optional<NewRun>> MemoryRunStore::FindRequest(
    absl::string_view creator, absl::string_view request_id) const {
  MutexLock lock(&disk_->mutex_);
  for (const auto& [id, record] : disk_->runs_) {
    if (!request_id.empty() && record.run.request_id == request_id &&
        record.run.run.creator() == creator) {
      return absl::make_optional(record.run);
    }
  }
  return absl::optional<NewRun>();
}

std::vector<const MemoryDisk::Record*> MemoryRunStore::InOrder() const {
  std::vector<const MemoryDisk::Record*> all;
  for (const auto& [id, record] : disk_->runs_) all.push_back(&record);
  std::sort(all.begin(), all.end(),
            [](const auto* one, const auto* other) { return one->number < other->number; });
  return all;
}

absl::StatusOr<std::vector<ListedRun>> MemoryRunStore::List(const RunQuery& query) const {
  MutexLock lock(&disk_->mutex_);
  std::vector<ListedRun> runs;
  size_t bytes = 0;
  const std::vector<const MemoryDisk::Record*> all = InOrder();
  for (auto it = all.rbegin(); it != all.rend(); ++it) {
    if (runs.size() >= query.limit || bytes >= query.max_bytes) break;
    const v1::Run& run = (*it)->run.run;
    if ((*it)->number >= query.before || !Matches(run, query)) continue;
    bytes += run.ByteSizeLong();
    runs.push_back({run, (*it)->number});
  }
  return runs;
}

absl::StatusOr<absl::optional<OldRun>> MemoryRunStore::OldestAfter(RunNumber after) const {
  MutexLock lock(&disk_->mutex_);
  for (const MemoryDisk::Record* record : InOrder()) {
    const v1::Run& run = record->run.run;
    if (record->ended && record->number > after) {
      return OldRun{run.id(), TimeOf(run.create_time()), record->number};
    }
  }
  return absl::optional<OldRun>();
}

absl::StatusOr<std::vector<v1::HostResult>> MemoryRunStore::Results(
    absl::string_view run_id, uint32_t first, uint32_t limit,
    const std::vector<v1::HostState>& states) const {
  MutexLock lock(&disk_->mutex_);
  const auto run = disk_->runs_.find(run_id);
  if (run == disk_->runs_.end() || !run->second.ended) return NoRun(run_id);
  std::vector<v1::HostResult> results;
  for (const v1::HostResult& result : run->second.results) {
    if (results.size() >= limit) break;
    const bool wanted =
        states.empty() || std::find(states.begin(), states.end(), result.state()) != states.end();
    if (result.host_index() >= first && wanted) results.push_back(result);
  }
  return results;
}

absl::StatusOr<LogPart> MemoryRunStore::Read(absl::string_view run_id, uint64_t after,
                                             size_t max_bytes) const {
  MutexLock lock(&disk_->mutex_);
  if (disk_->runs_.find(run_id) == disk_->runs_.end()) return NoRun(run_id);
  LogPart part;
  part.last_sequence = after;
  const auto found = disk_->logs_.find(run_id);
  if (found == disk_->logs_.end()) return part;
  const MemoryDisk::Log& log = found->second;
  for (const MemoryDisk::Block& block : log.blocks) {
    const uint64_t last = block.first_sequence + block.count - 1;
    if (last <= part.last_sequence) continue;
    if (!part.bytes.empty() && part.bytes.size() + block.bytes.size() > max_bytes) break;
    if (log.damaged >= block.first_sequence && log.damaged <= last) {
      if (!part.bytes.empty()) break;
      return absl::DataLossError(absl::StrCat("the log of run ", run_id, " is damaged"));
    }
    const uint64_t known = part.last_sequence + 1 - block.first_sequence;
    part.bytes += block.bytes.substr(SkipEvents(block.bytes, known));
    part.last_sequence = last;
  }
  part.more = part.last_sequence < log.last_sequence();
  return part;
}

}  // namespace muster::service
