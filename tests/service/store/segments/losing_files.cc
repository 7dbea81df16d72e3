#include "tests/service/store/segments/losing_files.h"

#include <sqlite3.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace muster::service {
namespace {

std::string Load(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string FolderOf(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

class LosingFile final : public File {
 public:
  LosingFile(LosingFiles* files, std::string path, std::shared_ptr<File> real)
      : files_(files), path_(std::move(path)), real_(std::move(real)) {}

  absl::StatusOr<size_t> ReadAt(uint64_t offset, char* to, size_t size) const override {
    return real_->ReadAt(offset, to, size);
  }
  absl::Status WriteAt(uint64_t offset, absl::Span<const absl::string_view> parts) override {
    files_->Operation();
    return real_->WriteAt(offset, parts);
  }
  absl::Status Truncate(uint64_t size) override {
    files_->Operation();
    return real_->Truncate(size);
  }
  absl::Status Sync() override {
    files_->Operation();
    files_->Synced(path_);
    return absl::OkStatus();
  }
  void BeginSync(uint64_t offset, uint64_t size) override {}
  absl::StatusOr<uint64_t> Size() const override { return real_->Size(); }

 private:
  LosingFiles* const files_;
  const std::string path_;
  const std::shared_ptr<File> real_;
};

// --- SQLite's layer: the real file lies behind this one, in the same memory.

struct SqliteFile {
  sqlite3_file base;
  LosingFiles* files;
  std::string* path;  // null: a temporary file
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

SqliteFile* Mine(sqlite3_file* file) { return reinterpret_cast<SqliteFile*>(file); }
sqlite3_file* Real(sqlite3_file* file) { return Mine(file)->real(); }
sqlite3_vfs* RealVfs() { return sqlite3_vfs_find(nullptr); }

int Close(sqlite3_file* file) {
  const int code = Real(file)->pMethods->xClose(Real(file));
  delete Mine(file)->path;
  return code;
}
int Read(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
  return Real(file)->pMethods->xRead(Real(file), to, size, at);
}
int Write(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
  Mine(file)->files->Operation();
  return Real(file)->pMethods->xWrite(Real(file), from, size, at);
}
int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  Mine(file)->files->Operation();
  return Real(file)->pMethods->xTruncate(Real(file), size);
}
// SQLite's own layer syncs the folder of a new log with the log's first sync.
int Sync(sqlite3_file* file, int flags) {
  if (Mine(file)->path == nullptr) return SQLITE_OK;
  Mine(file)->files->Operation();
  Mine(file)->files->Synced(*Mine(file)->path);
  Mine(file)->files->NameSynced(*Mine(file)->path);
  return SQLITE_OK;
}
int Size(sqlite3_file* file, sqlite3_int64* size) {
  return Real(file)->pMethods->xFileSize(Real(file), size);
}
int Lock(sqlite3_file* file, int lock) { return Real(file)->pMethods->xLock(Real(file), lock); }
int Unlock(sqlite3_file* file, int lock) { return Real(file)->pMethods->xUnlock(Real(file), lock); }
int CheckLock(sqlite3_file* file, int* held) {
  return Real(file)->pMethods->xCheckReservedLock(Real(file), held);
}
int Control(sqlite3_file* file, int what, void* value) {
  return Real(file)->pMethods->xFileControl(Real(file), what, value);
}
int SectorSize(sqlite3_file* file) { return Real(file)->pMethods->xSectorSize(Real(file)); }
int Traits(sqlite3_file* file) { return Real(file)->pMethods->xDeviceCharacteristics(Real(file)); }
int ShmMap(sqlite3_file* file, int page, int size, int extend, void volatile** at) {
  return Real(file)->pMethods->xShmMap(Real(file), page, size, extend, at);
}
int ShmLock(sqlite3_file* file, int offset, int count, int flags) {
  return Real(file)->pMethods->xShmLock(Real(file), offset, count, flags);
}
void ShmBarrier(sqlite3_file* file) { Real(file)->pMethods->xShmBarrier(Real(file)); }
int ShmUnmap(sqlite3_file* file, int remove) {
  return Real(file)->pMethods->xShmUnmap(Real(file), remove);
}

const sqlite3_io_methods kMethods = {
    2,       Close,      Read,   Write,  Truncate, Sync,       Size,     Lock,    Unlock, CheckLock,
    Control, SectorSize, Traits, ShmMap, ShmLock,  ShmBarrier, ShmUnmap, nullptr, nullptr};

int OpenFile(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  const int code = RealVfs()->xOpen(RealVfs(), name, Real(file), flags, out_flags);
  if (code != SQLITE_OK) return code;
  Mine(file)->files = static_cast<LosingFiles*>(vfs->pAppData);
  Mine(file)->path = name == nullptr ? nullptr : new std::string(name);
  file->pMethods = &kMethods;
  return code;
}

int DeleteFile(sqlite3_vfs* vfs, const char* name, int sync_folder) {
  auto* files = static_cast<LosingFiles*>(vfs->pAppData);
  files->Operation();
  const int code = RealVfs()->xDelete(RealVfs(), name, sync_folder);
  if (sync_folder) files->NameLost(name);
  return code;
}

std::shared_ptr<void> RegisterVfs(LosingFiles* files, const std::string& name) {
  auto* vfs = new sqlite3_vfs(*RealVfs());
  vfs->zName = name.c_str();
  vfs->pAppData = files;
  vfs->szOsFile += static_cast<int>(sizeof(SqliteFile));
  vfs->pNext = nullptr;
  vfs->xOpen = OpenFile;
  vfs->xDelete = DeleteFile;
  sqlite3_vfs_register(vfs, /*makeDflt=*/0);
  return std::shared_ptr<void>(vfs, [vfs](void*) {
    sqlite3_vfs_unregister(vfs);
    delete vfs;
  });
}

}  // namespace

LosingFiles::LosingFiles() {
  static std::atomic<int> made{0};
  vfs_name_ = "losing" + std::to_string(++made);
  vfs_ = RegisterVfs(this, vfs_name_);
}

LosingFiles::~LosingFiles() = default;

void LosingFiles::Operation() {
  if (on_operation) on_operation(operations_);
  ++operations_;
}

void LosingFiles::Synced(const std::string& path) { synced_[path] = Load(path); }

absl::StatusOr<std::shared_ptr<File>> LosingFiles::Open(const std::string& path, bool create) {
  absl::StatusOr<std::shared_ptr<File>> real = real_->Open(path, create);
  if (!real.ok()) return real;
  return std::make_shared<LosingFile>(this, path, *std::move(real));
}

absl::Status LosingFiles::SyncFolder(const std::string& path) {
  Operation();
  for (auto it = named_.begin(); it != named_.end();) {
    const bool gone = FolderOf(it->first) == path && !std::filesystem::exists(it->first);
    it = gone ? named_.erase(it) : std::next(it);
  }
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (entry.is_regular_file()) NameSynced(entry.path().string());
  }
  return absl::OkStatus();
}

absl::Status LosingFiles::Remove(const std::string& path) {
  Operation();
  return real_->Remove(path);
}

void LosingFiles::Restore(const std::string& folder, const std::string& to,
                          const std::function<size_t(size_t)>& tail) const {
  std::filesystem::create_directories(to + "/logs");
  for (const auto& [path, named] : named_) {
    if (path.compare(0, folder.size(), folder) != 0 || path.find("-shm") != std::string::npos) {
      continue;
    }
    const auto found = synced_.find(path);
    std::string bytes = found == synced_.end() ? "" : found->second;
    const std::string now = Load(path);
    // Only logs grow at their end alone.
    const bool grows = path.find("/logs/") != std::string::npos;
    if (grows && now.size() > bytes.size()) {
      bytes = now.substr(0, bytes.size() + tail(now.size() - bytes.size()));
    }
    std::ofstream(to + path.substr(folder.size()), std::ios::binary) << bytes;
  }
}

}  // namespace muster::service
