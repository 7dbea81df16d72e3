#include "service/artifacts/artifact_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "proto/contract/error_details.h"
#include "proto/contract/limits.h"
#include "proto/contract/times.h"
#include "service/artifacts/artifact_input.h"
#include "service/artifacts/artifact_name.h"

namespace muster::service {
namespace {

constexpr size_t kDigestBytes = 32;
// Old parts are looked for no more often.
constexpr absl::Duration kLookForOld = absl::Minutes(1);

absl::Status CheckPut(const v1::PutArtifactRequest& put) {
  std::vector<FieldProblem> problems;
  const std::string name = ProblemOfArtifactName(put.name());
  if (!name.empty()) problems.push_back({"name", name});
  if (put.data().size() > kMaxInputBytes) {
    problems.push_back(
        {"data", absl::StrCat(put.data().size(), " bytes; at most ", kMaxInputBytes)});
  }
  if (!put.sha256().empty() && put.sha256().size() != kDigestBytes) {
    problems.push_back({"sha256", absl::StrCat(put.sha256().size(), " bytes; it has ", kDigestBytes,
                                               ", or none where it is not known")});
  }
  return FieldError(problems);
}

absl::Status TooMuch(absl::string_view why) {
  return WithReason(absl::ResourceExhaustedError(why), v1::ERROR_REASON_REQUEST_TOO_LARGE);
}

absl::Status Beyond(const v1::PutArtifactRequest& put, uint64_t bytes) {
  return WithReason(
      absl::OutOfRangeError(absl::StrCat("offset: ", put.offset(), "; artifact ", put.name(),
                                         " has ", bytes, " bytes: go on there")),
      v1::ERROR_REASON_OFFSET_UNKNOWN);
}

absl::Status NotFound(const std::string& name) {
  return WithReason(
      absl::NotFoundError(absl::StrCat("there is no artifact \"", name, "\" of yours")),
      v1::ERROR_REASON_SOURCE_NOT_FOUND);
}

// Of bytes for one that is whole: fine where they may have been its.
absl::Status CheckRepeat(const v1::PutArtifactRequest& put, const ArtifactFile& whole) {
  const bool within =
      put.offset() <= whole.bytes && put.data().size() <= whole.bytes - put.offset();
  const bool ends = !put.end() || put.offset() + put.data().size() == whole.bytes;
  const bool same = !put.end() || put.sha256().empty() || put.sha256() == whole.sha256;
  if (within && ends && same) return absl::OkStatus();
  return WithReason(absl::AlreadyExistsError(absl::StrCat(
                        "artifact ", put.name(), " is whole, with ", whole.bytes,
                        " bytes of SHA-256 ", absl::BytesToHexString(whole.sha256),
                        ", and these are not its: choose another name, or delete it before")),
                    v1::ERROR_REASON_ARTIFACT_EXISTS);
}

absl::Status Damaged(const std::string& name, absl::string_view what) {
  return absl::DataLossError(
      absl::StrCat("artifact ", name, ": ", what, "; nothing of it is kept: send it again"));
}

v1::Artifact ArtifactOf(const ArtifactFile& file) {
  v1::Artifact artifact;
  artifact.set_name(file.name);
  artifact.set_bytes(file.bytes);
  artifact.set_whole(!file.sha256.empty());
  artifact.set_sha256(file.sha256);
  *artifact.mutable_update_time() = TimestampOf(file.time);
  return artifact;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ArtifactStore>> ArtifactStore::Open(
    const std::string& folder, const ArtifactLimits& limits, HelperPool* helpers,
    std::function<absl::Time()> now) {
  std::unique_ptr<ArtifactStore> store(new ArtifactStore(folder, limits, helpers, std::move(now)));
  const absl::Status loaded = store->Load();
  if (!loaded.ok()) return loaded;
  store->RemoveOldParts();
  return store;
}

ArtifactStore::ArtifactStore(const std::string& folder, const ArtifactLimits& limits,
                             HelperPool* helpers, std::function<absl::Time()> now)
    : disk_(folder),
      limits_(limits),
      now_(std::move(now)),
      blocks_(std::make_shared<ArtifactBlocks>(helpers)) {}

absl::Status ArtifactStore::Load() {
  absl::StatusOr<std::vector<ArtifactFile>> files = disk_.Load();
  if (!files.ok()) return files.status();
  MutexLock lock(&mutex_);
  for (ArtifactFile& file : *files) {
    auto kept = std::make_shared<Kept>();
    bytes_ += file.bytes;
    kept->file = std::move(file);
    owners_[kept->file.folder].emplace(kept->file.name, kept);
  }
  return absl::OkStatus();
}

// --- Looking

std::shared_ptr<ArtifactStore::Kept> ArtifactStore::Find(const std::string& owner,
                                                         const std::string& name) const {
  MutexLock lock(&mutex_);
  const auto names = owners_.find(ArtifactDisk::FolderOf(owner));
  if (names == owners_.end()) return nullptr;
  const auto kept = names->second.find(name);
  return kept == names->second.end() ? nullptr : kept->second;
}

absl::optional<ArtifactFile> ArtifactStore::FileOf(const Kept& kept) const {
  MutexLock lock(&mutex_);
  if (kept.gone) return absl::nullopt;
  return kept.file;
}

std::vector<v1::Artifact> ArtifactStore::List(const std::string& owner, const std::string& after,
                                              size_t most) const {
  std::vector<v1::Artifact> artifacts;
  MutexLock lock(&mutex_);
  const auto names = owners_.find(ArtifactDisk::FolderOf(owner));
  if (names == owners_.end()) return artifacts;
  for (auto it = names->second.upper_bound(after);
       it != names->second.end() && artifacts.size() < most; ++it) {
    if (!it->second->gone) artifacts.push_back(ArtifactOf(it->second->file));
  }
  return artifacts;
}

absl::StatusOr<std::shared_ptr<engine::InputSource>> ArtifactStore::OpenInput(
    const std::string& owner, const std::string& name, std::string* sha256) const {
  const std::shared_ptr<Kept> kept = Find(owner, name);
  if (kept == nullptr) return NotFound(name);
  MutexLock lock(&mutex_);  // so it is not removed meanwhile
  if (kept->gone) return NotFound(name);
  if (kept->file.sha256.empty()) {
    return WithReason(
        absl::NotFoundError(absl::StrCat("artifact \"", name, "\" is not whole: of its bytes ",
                                         kept->file.bytes, " have come; send the rest")),
        v1::ERROR_REASON_SOURCE_NOT_FOUND);
  }
  if (sha256 != nullptr && !sha256->empty() && *sha256 != kept->file.sha256) {
    return WithReason(
        absl::NotFoundError(absl::StrCat(
            "artifact \"", name, "\" has other bytes now: its SHA-256 is ",
            absl::BytesToHexString(kept->file.sha256), ", not ", absl::BytesToHexString(*sha256))),
        v1::ERROR_REASON_SOURCE_NOT_FOUND);
  }
  absl::StatusOr<UniqueFd> opened = disk_.Open(kept->file);
  if (!opened.ok()) return opened.status();
  if (sha256 != nullptr) *sha256 = kept->file.sha256;
  return NewArtifactInput(name, *std::move(opened), kept->file.bytes, blocks_);
}

// --- Adding

absl::StatusOr<v1::Artifact> ArtifactStore::Put(const std::string& owner,
                                                const v1::PutArtifactRequest& put) {
  const absl::Status checked = CheckPut(put);
  if (!checked.ok()) return checked;
  RemoveOldParts();
  for (;;) {
    const absl::StatusOr<std::shared_ptr<Kept>> kept = FindOrMake(owner, put);
    if (!kept.ok()) return kept.status();
    MutexLock turn(&(*kept)->turn);
    absl::optional<ArtifactFile> file = FileOf(**kept);
    if (!file.has_value()) continue;
    const absl::Status done = PutInTurn(put, *std::move(file), kept->get());
    if (!done.ok()) return done;
    MutexLock lock(&mutex_);
    return ArtifactOf((*kept)->file);
  }
}

absl::StatusOr<std::shared_ptr<ArtifactStore::Kept>> ArtifactStore::FindOrMake(
    const std::string& owner, const v1::PutArtifactRequest& put) {
  const std::string folder = ArtifactDisk::FolderOf(owner);
  MutexLock lock(&mutex_);
  const auto names = owners_.find(folder);
  const size_t count = names == owners_.end() ? 0 : names->second.size();
  if (count > 0) {
    const auto known = names->second.find(put.name());
    if (known != names->second.end()) return known->second;
  }
  if (limits_.max_bytes == 0) return TooMuch("this daemon takes no artifacts (--max-artifacts 0)");
  if (put.offset() > 0) return Beyond(put, 0);
  if (count >= limits_.max_artifacts) {
    return TooMuch(absl::StrCat("you have ", count,
                                " artifacts, as many as this daemon keeps of "
                                "one caller: delete some"));
  }
  auto made = std::make_shared<Kept>();
  made->file.folder = folder;
  made->file.name = put.name();
  made->file.time = now_();
  owners_[folder].emplace(put.name(), made);
  return made;
}

absl::Status ArtifactStore::PutInTurn(const v1::PutArtifactRequest& put, ArtifactFile file,
                                      Kept* kept) {
  if (!file.sha256.empty()) return CheckRepeat(put, file);
  if (put.offset() > file.bytes) return Beyond(put, file.bytes);
  absl::string_view fresh = put.data();
  fresh.remove_prefix(std::min<uint64_t>(file.bytes - put.offset(), fresh.size()));
  const absl::Status added = Append(fresh, &file, kept);
  if (!added.ok() || !put.end()) return added;
  return Finish(put, &file, kept);
}

absl::Status ArtifactStore::Reserve(uint64_t bytes) {
  if (bytes == 0) return absl::OkStatus();
  const absl::StatusOr<uint64_t> free = disk_.FreeBytes();
  if (!free.ok()) return free.status();
  if (*free < limits_.min_free_bytes + bytes) {
    return WithReason(absl::ResourceExhaustedError(absl::StrCat(
                          "the daemon's disk has ", *free, " bytes left, and artifacts leave ",
                          limits_.min_free_bytes, " to runs (--min-free): make room there")),
                      v1::ERROR_REASON_DISK_FULL);
  }
  MutexLock lock(&mutex_);
  if (bytes > limits_.max_bytes || bytes_ > limits_.max_bytes - bytes) {
    return TooMuch(absl::StrCat("the artifacts of all callers have ", bytes_, " bytes; at most ",
                                limits_.max_bytes, " (--max-artifacts): delete some"));
  }
  bytes_ += bytes;
  return absl::OkStatus();
}

// Makes its file, too, where there is none.
absl::Status ArtifactStore::Append(absl::string_view data, ArtifactFile* file, Kept* kept) {
  if (data.empty() && file->bytes > 0) return absl::OkStatus();
  absl::Status added = Reserve(data.size());
  if (added.ok()) {
    added = disk_.Append(*file, data);
    if (!added.ok()) {
      MutexLock lock(&mutex_);
      bytes_ -= data.size();
    }
  }
  if (!added.ok()) {
    if (file->bytes == 0) Drop(kept).IgnoreError();
    return added;
  }
  if (kept->digested == file->bytes) {
    kept->digest.Add(data);
    kept->digested += data.size();
  }
  file->bytes += data.size();
  if (!data.empty()) file->time = now_();
  Note(*file, kept);
  return absl::OkStatus();
}

// Of all its bytes; those that came to an earlier daemon are read again.
absl::StatusOr<std::string> ArtifactStore::DigestOf(const ArtifactFile& file, Kept* kept) const {
  kept->digest.Add("");  // there may be none
  if (kept->digested < file.bytes) {
    const absl::Status read = disk_.Read(file, kept->digested, [&](absl::string_view data) {
      kept->digest.Add(data);
      kept->digested += data.size();
    });
    if (!read.ok()) return read;
  }
  if (kept->digested != file.bytes) return Damaged(file.name, "its file has another size");
  return kept->digest.Finish();
}

// What cannot be finished is not kept: after a failed sync nobody knows what is on the disk.
absl::Status ArtifactStore::Finish(const v1::PutArtifactRequest& put, ArtifactFile* file,
                                   Kept* kept) {
  const auto drop = [&](absl::Status why) {
    Drop(kept).IgnoreError();
    return why;
  };
  const uint64_t end = put.offset() + put.data().size();
  if (end < file->bytes) {
    return drop(Damaged(file->name, absl::StrCat("it is to end after ", end, " bytes, and has ",
                                                 file->bytes, " already")));
  }
  const absl::StatusOr<std::string> digest = DigestOf(*file, kept);
  if (!digest.ok()) return drop(digest.status());
  if (!put.sha256().empty() && put.sha256() != *digest) {
    return drop(Damaged(file->name,
                        absl::StrCat("its SHA-256 is ", absl::BytesToHexString(*digest),
                                     ", and was to be ", absl::BytesToHexString(put.sha256()))));
  }
  const absl::Status finished = disk_.Finish(*file, *digest);
  if (!finished.ok()) return drop(finished);
  file->sha256 = *digest;
  Note(*file, kept);
  return absl::OkStatus();
}

void ArtifactStore::Note(const ArtifactFile& file, Kept* kept) {
  MutexLock lock(&mutex_);
  kept->file = file;
}

// --- Removing

// Nobody else sees it from the first line on, nor takes its name before the last.
absl::Status ArtifactStore::Drop(Kept* kept) {
  const ArtifactFile file = SetGone(true, kept);
  const absl::Status removed = disk_.Remove(file);
  if (!removed.ok() && !file.sha256.empty()) {
    SetGone(false, kept);
    return removed;
  }
  MutexLock lock(&mutex_);
  bytes_ -= file.bytes;
  const auto names = owners_.find(file.folder);
  names->second.erase(file.name);
  if (names->second.empty()) owners_.erase(names);
  return removed;
}

ArtifactFile ArtifactStore::SetGone(bool gone, Kept* kept) {
  MutexLock lock(&mutex_);
  kept->gone = gone;
  return kept->file;
}

absl::Status ArtifactStore::Delete(const std::string& owner, const std::string& name) {
  const std::shared_ptr<Kept> kept = Find(owner, name);
  if (kept == nullptr) return NotFound(name);
  MutexLock turn(&kept->turn);
  return FileOf(*kept).has_value() ? Drop(kept.get()) : NotFound(name);
}

void ArtifactStore::RemoveOldParts() {
  const absl::Time before = now_() - limits_.part_age;
  const auto is_old = [&](const ArtifactFile& file) {
    return file.sha256.empty() && file.time < before;
  };
  std::vector<std::shared_ptr<Kept>> old;
  {
    MutexLock lock(&mutex_);
    if (now_() < looked_for_old_ + kLookForOld) return;
    looked_for_old_ = now_();
    for (const auto& owner : owners_) {
      for (const auto& name : owner.second) {
        if (is_old(name.second->file)) old.push_back(name.second);
      }
    }
  }
  for (const std::shared_ptr<Kept>& kept : old) {
    MutexLock turn(&kept->turn);
    const absl::optional<ArtifactFile> file = FileOf(*kept);
    if (file.has_value() && is_old(*file)) Drop(kept.get()).IgnoreError();
  }
}

}  // namespace muster::service
