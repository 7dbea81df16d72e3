#include "service/store/sqlite/sqlite_run_store.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "proto/contract/error_details.h"
#include "service/store/segments/directory_lock.h"
#include "service/store/segments/log_end.h"
#include "service/store/segments/log_folder.h"
#include "service/store/sqlite/catalog.h"

namespace muster::service {
namespace {

constexpr size_t kMaxIdLength = 64;

// A run's id is part of a file's name.
absl::Status CheckId(absl::string_view id) {
  const bool good = !id.empty() && id.size() <= kMaxIdLength &&
                    std::all_of(id.begin(), id.end(), [](unsigned char c) {
                      return absl::ascii_islower(c) || absl::ascii_isdigit(c);
                    });
  if (good) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("\"", id, "\" is no id of a run"));
}

uint64_t SizeOf(const std::string& path) {
  struct stat info = {};
  return stat(path.c_str(), &info) == 0 ? static_cast<uint64_t>(info.st_size) : 0;
}

class SqliteRunStore final : public RunStore {
 public:
  SqliteRunStore(std::string directory, const RunStoreOptions& options, DirectoryLock lock,
                 std::unique_ptr<Catalog> catalog, std::unique_ptr<LogFolder> logs)
      : directory_(std::move(directory)),
        options_(options),
        lock_(std::move(lock)),
        catalog_(std::move(catalog)),
        logs_(std::move(logs)) {}

  // Logs that no run has: their run was not committed, or not wholly forgotten.
  absl::Status RemoveOrphans();
  // What an earlier daemon appended, for nobody else syncs it: its run may have nothing to add.
  absl::Status SyncUnfinished();

  Fence fence() const override { return catalog_->fence(); }
  absl::Status Commit(Fence fence, const JournalCommit& commit) override;
  absl::Status Append(Fence fence, absl::string_view run_id,
                      absl::Span<const LogBlock> blocks) override;
  absl::Status Sync(Fence fence) override;
  absl::Status Forget(Fence fence, absl::string_view run_id) override;

  absl::StatusOr<StoreUsage> Usage() const override;
  absl::StatusOr<size_t> CountRuns() const override { return catalog_->CountRuns(); }
  absl::StatusOr<std::vector<UnfinishedRun>> Unfinished() const override;
  absl::StatusOr<absl::optional<NewRun>> Find(absl::string_view id) const override {
    return catalog_->Find(id);
  }
  absl::StatusOr<absl::optional<NewRun>> FindRequest(absl::string_view creator,
                                                     absl::string_view request_id) const override {
    return catalog_->FindRequest(creator, request_id);
  }
  absl::StatusOr<std::vector<ListedRun>> List(const RunQuery& query) const override {
    return catalog_->List(query);
  }
  absl::StatusOr<absl::optional<OldRun>> OldestAfter(RunNumber after) const override {
    return catalog_->OldestAfter(after);
  }
  absl::StatusOr<std::vector<v1::HostResult>> Results(
      absl::string_view run_id, uint32_t first, uint32_t limit,
      const std::vector<v1::HostState>& states) const override {
    return catalog_->Results(run_id, first, limit, states);
  }
  absl::StatusOr<LogPart> Read(absl::string_view run_id, uint64_t after,
                               size_t max_bytes) const override;

 private:
  absl::Status CheckSpace() const;
  // Syncs the logs that `commit` promises to be durable, or tells what is to be kept of them; tells
  // where those of ended runs end.
  absl::StatusOr<CommittedLogs> SecureLogs(const JournalCommit& commit);

  const std::string directory_;
  const RunStoreOptions options_;
  const DirectoryLock lock_;  // given up last
  const std::unique_ptr<Catalog> catalog_;
  const std::unique_ptr<LogFolder> logs_;
  bool ends_durable_ = true;  // the writer's: those that the catalogue keeps, in their files
};

absl::Status SqliteRunStore::RemoveOrphans() {
  const absl::StatusOr<std::vector<std::string>> ids = catalog_->Ids();
  if (!ids.ok()) return ids.status();
  for (const std::string& id : logs_->RunIds()) {
    if (std::binary_search(ids->begin(), ids->end(), id)) continue;
    if (absl::Status status = logs_->Remove(id); !status.ok()) return status;
  }
  return absl::OkStatus();
}

// A damaged log is told of when it is read.
absl::Status SqliteRunStore::SyncUnfinished() {
  const absl::StatusOr<std::vector<UnfinishedRun>> runs = catalog_->Unfinished();
  if (!runs.ok()) return runs.status();
  for (const UnfinishedRun& run : *runs) {
    const auto log = logs_->Get(run.run.id(), absl::nullopt);
    if (!log.ok()) continue;
    if (absl::Status status = (*log)->Sync(); !status.ok()) return status;
  }
  return options_.files->SyncFolder(absl::StrCat(directory_, "/logs"));
}

absl::Status SqliteRunStore::CheckSpace() const {
  const absl::StatusOr<uint64_t> free = options_.files->FreeBytes(directory_);
  if (!free.ok()) return free.status();
  if (*free >= options_.min_free_bytes) return absl::OkStatus();
  return WithReason(absl::ResourceExhaustedError(absl::StrCat(
                        "the disk of ", directory_, " has ", *free >> 20, " MiB left, and ",
                        options_.min_free_bytes >> 20,
                        " MiB are to stay free; make room, or let fewer runs be kept")),
                    v1::ERROR_REASON_DISK_FULL);
}

absl::StatusOr<CommittedLogs> SqliteRunStore::SecureLogs(const JournalCommit& commit) {
  std::vector<std::string> ids;
  CommittedLogs logs;
  logs.drop_ends = ends_durable_;
  for (const NewRun& run : commit.added) {
    if (absl::Status status = CheckId(run.run.id()); !status.ok()) return status;
    ids.push_back(run.run.id());
  }
  for (const EndedRun& run : commit.ended) {
    const auto log = logs_->Get(run.run.id(), absl::nullopt);
    if (!log.ok()) return log.status();
    ids.push_back(run.run.id());
    logs.ended_at.push_back((*log)->last_sequence());
  }
  if (absl::Status status = logs_->Secure(ids, &logs.ends); !status.ok()) return status;
  return logs;
}

absl::Status SqliteRunStore::Commit(Fence fence, const JournalCommit& commit) {
  if (absl::Status status = catalog_->CheckFence(fence); !status.ok()) return status;
  if (absl::Status status = CheckSpace(); !status.ok()) return status;
  const absl::StatusOr<CommittedLogs> logs = SecureLogs(commit);
  if (!logs.ok()) return logs.status();
  absl::Status status = catalog_->Commit(fence, commit, *logs);
  if (!status.ok()) return status;
  ends_durable_ = false;
  for (const EndedRun& run : commit.ended) logs_->End(run.run.id());
  return absl::OkStatus();
}

absl::Status SqliteRunStore::Append(Fence fence, absl::string_view run_id,
                                    absl::Span<const LogBlock> blocks) {
  if (absl::Status status = catalog_->CheckFence(fence); !status.ok()) return status;
  if (absl::Status status = CheckId(run_id); !status.ok()) return status;
  if (absl::Status status = CheckSpace(); !status.ok()) return status;
  const std::string id(run_id);
  if (!logs_->IsOpen(id)) {  // the first time
    const auto end = catalog_->EndOf(id);
    if (!end.ok() && !absl::IsNotFound(end.status())) return end.status();
    if (end.ok() && end->has_value()) {
      return absl::FailedPreconditionError(absl::StrCat("run ", id, " has ended"));
    }
  }
  return logs_->Append(id, blocks);
}

absl::Status SqliteRunStore::Sync(Fence fence) {
  absl::Status status = catalog_->CheckFence(fence);
  if (status.ok()) status = logs_->SyncAll();
  if (status.ok()) ends_durable_ = true;
  return status;
}

// The catalogue first: a log without a run is removed at the next start.
absl::Status SqliteRunStore::Forget(Fence fence, absl::string_view run_id) {
  if (absl::Status status = CheckId(run_id); !status.ok()) return status;
  absl::Status status = catalog_->Forget(fence, run_id);
  return status.ok() ? logs_->Remove(std::string(run_id)) : status;
}

absl::StatusOr<StoreUsage> SqliteRunStore::Usage() const {
  StoreUsage usage;
  const absl::StatusOr<uint64_t> free = options_.files->FreeBytes(directory_);
  if (!free.ok()) return free.status();
  usage.free_disk_bytes = *free;
  usage.bytes = logs_->bytes();
  for (const char* name : {"/catalog.db", "/catalog.db-wal"}) {
    usage.bytes += SizeOf(absl::StrCat(directory_, name));
  }
  return usage;
}

absl::StatusOr<std::vector<UnfinishedRun>> SqliteRunStore::Unfinished() const {
  absl::StatusOr<std::vector<UnfinishedRun>> runs = catalog_->Unfinished();
  if (!runs.ok()) return runs;
  for (UnfinishedRun& run : *runs) {
    const auto log = logs_->Get(run.run.id(), absl::nullopt);
    if (!log.ok()) return log.status();
    run.last_sequence = (*log)->last_sequence();
    run.damage = (*log)->damage();
  }
  return runs;
}

absl::StatusOr<LogPart> SqliteRunStore::Read(absl::string_view run_id, uint64_t after,
                                             size_t max_bytes) const {
  const absl::StatusOr<absl::optional<uint64_t>> end = catalog_->EndOf(run_id);
  if (!end.ok()) return end.status();
  const auto log = logs_->Get(std::string(run_id), *end);
  if (!log.ok()) return log.status();
  return (*log)->Read(after, max_bytes);
}

// SQLite makes its files readable for others unless they are there.
absl::Status MakeCatalogFile(const RunStoreOptions& options, const std::string& path) {
  return options.files->Open(path, /*create=*/true).status();
}

}  // namespace

absl::StatusOr<std::unique_ptr<RunStore>> OpenRunStore(const std::string& directory,
                                                       const RunStoreOptions& options) {
  absl::StatusOr<DirectoryLock> lock = DirectoryLock::Take(directory);
  if (!lock.ok()) return lock.status();
  const std::string path = absl::StrCat(directory, "/catalog.db");
  if (absl::Status status = MakeCatalogFile(options, path); !status.ok()) return status;
  absl::StatusOr<std::unique_ptr<Catalog>> catalog = Catalog::Open(path, options.sqlite_vfs);
  if (!catalog.ok()) return catalog.status();
  LogFolderOptions folder;
  folder.files = options.files;
  folder.path = absl::StrCat(directory, "/logs");
  folder.segment_bytes = options.segment_bytes;
  const absl::StatusOr<std::vector<LogEnd>> ends = (*catalog)->LogEnds();
  if (!ends.ok()) return ends.status();
  if (absl::Status status = options.files->MakeFolder(folder.path); !status.ok()) return status;
  if (absl::Status status = RestoreEnds(options.files, folder.path, *ends); !status.ok()) {
    return status;
  }
  absl::StatusOr<std::unique_ptr<LogFolder>> logs = LogFolder::Open(folder);
  if (!logs.ok()) return logs.status();
  if (absl::Status status = options.files->SyncFolder(directory); !status.ok()) return status;
  auto store = std::make_unique<SqliteRunStore>(directory, options, *std::move(lock),
                                                *std::move(catalog), *std::move(logs));
  if (absl::Status status = store->RemoveOrphans(); !status.ok()) return status;
  if (absl::Status status = store->SyncUnfinished(); !status.ok()) return status;
  return store;
}

}  // namespace muster::service
