#include "service/store/segments/log_folder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/store/segments/segment_file.h"

namespace muster::service {
namespace {

constexpr uint64_t kShortEnd = 16 << 10;

}  // namespace

absl::StatusOr<std::unique_ptr<LogFolder>> LogFolder::Open(const LogFolderOptions& options) {
  if (absl::Status status = options.files->MakeFolder(options.path); !status.ok()) return status;
  std::unique_ptr<LogFolder> folder(new LogFolder(options));
  if (absl::Status status = folder->List(); !status.ok()) return status;
  return folder;
}

absl::Status LogFolder::List() {
  const auto entries = options_.files->List(options_.path);
  if (!entries.ok()) return entries.status();
  MutexLock lock(&mutex_);
  std::string run_id;
  uint32_t number = 0;
  for (const FolderEntry& entry : *entries) {
    if (!ParseSegmentName(entry.name, &run_id, &number)) continue;
    Files& files = files_[run_id];
    files.numbers.push_back(number);
    files.bytes += entry.size;
  }
  for (auto& [id, files] : files_) std::sort(files.numbers.begin(), files.numbers.end());
  return absl::OkStatus();
}

LogFolder::Log LogFolder::FindKnown(const std::string& run_id) {
  if (const auto found = written_.find(run_id); found != written_.end()) return found->second;
  if (const auto found = ended_.find(run_id); found != ended_.end()) return found->second;
  return nullptr;
}

void LogFolder::Know(const std::string& run_id, Log log) {
  if (!ended_.emplace(run_id, std::move(log)).second) return;
  ended_order_.push_back(run_id);
  if (ended_order_.size() > options_.max_known_logs) Unknow(ended_order_.front());
}

void LogFolder::Unknow(const std::string& run_id) {
  const std::string id = run_id;  // it may lie in the list
  const auto found = ended_.find(id);
  if (found == ended_.end()) return;
  files_[id] = {found->second->numbers(), found->second->bytes()};
  ended_.erase(found);
  ended_order_.remove(id);
}

absl::StatusOr<LogFolder::Log> LogFolder::Get(const std::string& run_id,
                                              absl::optional<uint64_t> ended_at) {
  MutexLock lock(&mutex_);
  if (Log log = FindKnown(run_id); log != nullptr) return log;
  SegmentedLog::Place place{&open_files_, options_.path, run_id, options_.segment_bytes};
  const auto files = files_.find(run_id);
  absl::StatusOr<Log> log = SegmentedLog::Open(
      std::move(place), files == files_.end() ? std::vector<uint32_t>() : files->second.numbers,
      ended_at);
  if (!log.ok()) return log;
  if (ended_at.has_value()) {
    Know(run_id, *log);
  } else {
    written_[run_id] = *log;
  }
  return log;
}

bool LogFolder::IsOpen(const std::string& run_id) const {
  MutexLock lock(&mutex_);
  return written_.contains(run_id);
}

absl::Status LogFolder::Append(const std::string& run_id, absl::Span<const LogBlock> blocks) {
  const absl::StatusOr<Log> log = Get(run_id, absl::nullopt);
  if (!log.ok()) return log.status();
  bool made = false;
  absl::Status status = (*log)->Append(blocks, &made);
  if (made) folder_dirty_ = true;
  if (status.ok()) dirty_.emplace(run_id, *log);
  return status;
}

absl::Status LogFolder::Secure(const std::vector<std::string>& run_ids, std::vector<LogEnd>* ends) {
  std::vector<std::pair<std::string, Log>> others;
  for (const std::string& run_id : run_ids) {
    const auto log = dirty_.find(run_id);
    if (log == dirty_.end()) continue;
    absl::StatusOr<absl::optional<LogEnd>> end = log->second->UnsyncedEnd(kShortEnd);
    if (!end.ok()) return end.status();
    if (!end->has_value()) {
      others.push_back(*log);
    } else if (!(*end)->bytes.empty()) {
      ends->push_back(**std::move(end));
    }
  }
  return others.empty() ? absl::OkStatus() : Sync(others);
}

absl::Status LogFolder::SyncAll() { return Sync({dirty_.begin(), dirty_.end()}); }

absl::Status LogFolder::Sync(const std::vector<std::pair<std::string, Log>>& logs) {
  if (logs.size() > 1) {  // the disk may serve them side by side
    for (const auto& [run_id, log] : logs) log->BeginSync();
  }
  absl::Status status;
  for (const auto& [run_id, log] : logs) {
    const absl::Status synced = log->Sync();
    if (synced.ok()) dirty_.erase(run_id);
    status.Update(synced);
  }
  if (!folder_dirty_) return status;
  const absl::Status folder = options_.files->SyncFolder(options_.path);
  if (folder.ok()) folder_dirty_ = false;
  status.Update(folder);
  return status;
}

void LogFolder::End(const std::string& run_id) {
  MutexLock lock(&mutex_);
  const auto found = written_.find(run_id);
  if (found == written_.end()) return;
  Log log = std::move(found->second);
  written_.erase(found);
  Know(run_id, std::move(log));
}

absl::Status LogFolder::Remove(const std::string& run_id) {
  const absl::StatusOr<Log> log = Get(run_id, 0);
  if (!log.ok()) return log.status();
  if (absl::Status status = (*log)->Remove(); !status.ok()) return status;
  dirty_.erase(run_id);
  MutexLock lock(&mutex_);
  Unknow(run_id);
  written_.erase(run_id);
  files_.erase(run_id);
  return absl::OkStatus();
}

std::vector<std::string> LogFolder::RunIds() const {
  MutexLock lock(&mutex_);
  std::vector<std::string> ids;
  for (const auto& [id, files] : files_) ids.push_back(id);
  return ids;
}

uint64_t LogFolder::bytes() const {
  MutexLock lock(&mutex_);
  uint64_t bytes = 0;
  for (const auto& [id, log] : written_) bytes += log->bytes();
  for (const auto& [id, log] : ended_) bytes += log->bytes();
  for (const auto& [id, files] : files_) {
    if (!written_.contains(id) && !ended_.contains(id)) bytes += files.bytes;
  }
  return bytes;
}

}  // namespace muster::service
