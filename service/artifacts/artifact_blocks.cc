#include "service/artifacts/artifact_blocks.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "service/store/segments/file_system.h"

namespace muster::service {
namespace {

using Block = ArtifactBlocks::Block;

// Of `bytes`, all of it: one that is whole has no fewer.
absl::Status ReadAll(const OpenArtifact& artifact, uint64_t from, std::string* bytes) {
  size_t done = 0;
  while (done < bytes->size()) {
    const ssize_t got = pread(artifact.file.get(), &(*bytes)[done], bytes->size() - done,
                              static_cast<off_t>(from + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError(errno, "read", absl::StrCat("artifact ", artifact.name));
    if (got == 0) {
      return absl::DataLossError(absl::StrCat("artifact ", artifact.name, " has ", from + done,
                                              " bytes; it had ", artifact.bytes));
    }
    done += static_cast<size_t>(got);
  }
  return absl::OkStatus();
}

// What is read at a time, from block `first` on.
absl::StatusOr<std::vector<Block>> ReadBlocks(const OpenArtifact& artifact, uint64_t first) {
  std::vector<Block> blocks;
  for (uint64_t number = first; number < first + ArtifactBlocks::kBlocksPerRead; ++number) {
    const uint64_t from = number * ArtifactBlocks::kBlockBytes;
    if (from >= artifact.bytes) break;
    const uint64_t size = std::min(ArtifactBlocks::kBlockBytes, artifact.bytes - from);
    std::string bytes(static_cast<size_t>(size), '\0');
    const absl::Status read = ReadAll(artifact, from, &bytes);
    if (!read.ok()) return read;
    blocks.push_back(std::make_shared<const std::string>(std::move(bytes)));
  }
  return blocks;
}

}  // namespace

Block ArtifactBlocks::Get(const std::shared_ptr<const OpenArtifact>& artifact, uint64_t number,
                          Later later) {
  const uint64_t first = number - number % kBlocksPerRead;
  {
    MutexLock lock(&mutex_);
    if (stopped_) return nullptr;
    Block known = Find({artifact->id, number});
    if (known != nullptr) return known;
    std::vector<Waiting>& waiting = loading_[Key(artifact->id, first)];
    waiting.push_back({number, std::move(later)});
    if (waiting.size() > 1) return nullptr;
  }
  helpers_->Run([self = shared_from_this(), artifact, first] { self->Load(artifact, first); });
  return nullptr;
}

void ArtifactBlocks::Load(const std::shared_ptr<const OpenArtifact>& artifact, uint64_t first) {
  const absl::StatusOr<std::vector<Block>> blocks = ReadBlocks(*artifact, first);
  std::vector<Waiting> waiting;
  {
    MutexLock lock(&mutex_);
    const auto loading = loading_.find(Key(artifact->id, first));
    if (loading == loading_.end()) return;  // stopped
    waiting = std::move(loading->second);
    loading_.erase(loading);
    for (size_t i = 0; blocks.ok() && i < blocks->size(); ++i) {
      Keep({artifact->id, first + i}, (*blocks)[i]);
    }
  }
  // The loops may be gone once it is stopped.
  MutexLock calling(&calling_);
  {
    MutexLock lock(&mutex_);
    if (stopped_) return;
  }
  for (Waiting& one : waiting) {
    if (blocks.ok()) {
      one.later((*blocks)[one.number - first]);
    } else {
      one.later(blocks.status());
    }
  }
}

Block ArtifactBlocks::Find(const Key& key) {
  const auto it = by_key_.find(key);
  if (it == by_key_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, it->second);
  return it->second->block;
}

void ArtifactBlocks::Keep(const Key& key, Block block) {
  const auto known = by_key_.find(key);
  if (known != by_key_.end()) {
    entries_.erase(known->second);
    by_key_.erase(known);
  }
  entries_.push_front({key, std::move(block)});
  by_key_[key] = entries_.begin();
  if (entries_.size() <= kMostBlocks) return;
  by_key_.erase(entries_.back().key);
  entries_.pop_back();
}

void ArtifactBlocks::Stop() {
  MutexLock calling(&calling_);
  MutexLock lock(&mutex_);
  stopped_ = true;
  loading_.clear();
  by_key_.clear();
  entries_.clear();
}

}  // namespace muster::service
