#include "service/runs/run_input.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "proto/contract/error_details.h"

namespace muster::service {
namespace {

absl::Status TakesNone(absl::string_view why) {
  return WithReason(absl::FailedPreconditionError(why), v1::ERROR_REASON_RUN_STATE);
}

absl::Status TooMuch(absl::string_view why) {
  return WithReason(absl::ResourceExhaustedError(why), v1::ERROR_REASON_REQUEST_TOO_LARGE);
}

}  // namespace

absl::StatusOr<std::shared_ptr<RunInput>> RunInput::Open(const std::string& folder,
                                                         HelperPool* helpers) {
  absl::StatusOr<std::unique_ptr<InputSpool>> spool = InputSpool::Open(folder);
  if (!spool.ok()) return spool.status();
  return std::shared_ptr<RunInput>(new RunInput(*std::move(spool), helpers));
}

// From here on it reads what all are sent, and more.
absl::StatusOr<RunInput::Stream*> RunInput::OwnStream(uint32_t host) {
  std::unique_ptr<Stream>& own = own_[host];
  if (own == nullptr) {
    if (parts_ + shared_.parts.size() > kMostParts) {
      own_.erase(host);
      return TooMuch("a run's input has too many pieces for single hosts: send larger ones");
    }
    own = std::make_unique<Stream>(shared_);
    own->sent = 0;
    parts_ += own->parts.size();
  }
  return own.get();
}

absl::StatusOr<RunInput::Streams> RunInput::StreamsOf(const std::vector<uint32_t>& hosts) {
  Streams streams;
  if (hosts.empty()) {
    streams.push_back(&shared_);
    for (const auto& own : own_) {
      if (!own.second->ended) streams.push_back(own.second.get());
    }
    return streams;
  }
  for (const uint32_t host : hosts) {
    absl::StatusOr<Stream*> own = OwnStream(host);
    if (!own.ok()) return own.status();
    if (!streams.empty() && streams.front()->sent != (*own)->sent) {
      return TakesNone(absl::StrCat("host_indexes: host ", hosts.front(), " was sent ",
                                    streams.front()->sent, " bytes alone, host ", host, " ",
                                    (*own)->sent, ": name them in calls of their own"));
    }
    streams.push_back(*own);
  }
  return streams;
}

// Why these bytes are not taken.
absl::Status RunInput::Refusal(const Streams& streams, uint64_t bytes) const {
  for (const Stream* stream : streams) {
    if (stream->ended) return TakesNone("the input has ended already");
  }
  if (spool_->size() + bytes > kMostBytes) {
    return TooMuch(absl::StrCat("a run's input has at most ", kMostBytes, " bytes"));
  }
  if (parts_ + streams.size() > kMostParts) {
    return TooMuch(absl::StrCat("a run's input has at most ", kMostParts,
                                " pieces of single hosts: send larger ones"));
  }
  return absl::OkStatus();
}

// What of it is new and may be taken now.
absl::StatusOr<absl::string_view> RunInput::PartToTake(const Streams& streams, uint64_t offset,
                                                       absl::string_view data) const {
  const uint64_t sent = streams.front()->sent;
  if (offset > sent) {
    return WithReason(absl::OutOfRangeError(absl::StrCat("offset: ", offset,
                                                         "; the input that has been taken has ",
                                                         sent, " bytes: go on there")),
                      v1::ERROR_REASON_OFFSET_UNKNOWN);
  }
  data.remove_prefix(std::min<uint64_t>(sent - offset, data.size()));
  if (data.empty()) return data;
  const absl::Status refusal = Refusal(streams, data.size());
  if (!refusal.ok()) return refusal;
  uint64_t ahead = kMostAhead;
  for (const Stream* stream : streams) ahead = std::min(ahead, stream->size - stream->read);
  return data.substr(0, static_cast<size_t>(kMostAhead - ahead));
}

void RunInput::Append(uint64_t from, uint64_t size, Stream* stream) {
  if (size == 0) return;
  const bool goes_on =
      !stream->parts.empty() && stream->parts.back().from + stream->parts.back().size == from;
  if (goes_on) {
    stream->parts.back().size += size;
  } else {
    stream->parts.push_back({stream->size, from, size});
    ++parts_;
  }
  stream->size += size;
}

// Those that were waiting.
std::vector<RunInput::Later> RunInput::WaitingFor(const std::vector<uint32_t>& hosts) {
  std::vector<Later> told;
  if (hosts.empty()) {
    for (auto& waiting : std::exchange(waiting_, {})) told.push_back(std::move(waiting.second));
  }
  for (const uint32_t host : hosts) {
    const auto it = waiting_.find(host);
    if (it == waiting_.end()) continue;
    told.push_back(std::move(it->second));
    waiting_.erase(it);
  }
  return told;
}

absl::StatusOr<RunInput::Taken> RunInput::Add(std::vector<uint32_t> hosts, uint64_t offset,
                                              absl::string_view data, bool end) {
  std::sort(hosts.begin(), hosts.end());
  hosts.erase(std::unique(hosts.begin(), hosts.end()), hosts.end());
  MutexLock adding(&adding_);  // so streams and spool stand still
  std::shared_ptr<InputSpool> spool;
  Streams streams;
  absl::string_view part;
  {
    MutexLock lock(&mutex_);
    if (closed_) return TakesNone("the run has ended, and reads no input any more");
    absl::StatusOr<Streams> meant = StreamsOf(hosts);
    if (!meant.ok()) return meant.status();
    streams = *std::move(meant);
    const absl::StatusOr<absl::string_view> wanted = PartToTake(streams, offset, data);
    if (!wanted.ok()) return wanted.status();
    part = *wanted;
    spool = spool_;
  }
  const uint64_t from = spool->size();
  const absl::Status written = spool->Append(part);
  if (!written.ok()) return written;
  std::vector<Later> told;
  Taken taken;
  {
    MutexLock lock(&mutex_);
    const bool last = end && offset + data.size() == streams.front()->sent + part.size();
    for (Stream* stream : streams) {
      Append(from, part.size(), stream);
      stream->ended = stream->ended || last;
    }
    if (hosts.empty()) {
      shared_.sent += part.size();
    } else {
      for (Stream* stream : streams) stream->sent += part.size();
    }
    taken = {streams.front()->sent, streams.front()->ended};
    if (!part.empty() || taken.end) told = WaitingFor(hosts);
  }
  for (Later& later : told) Call(std::move(later), engine::InputPiece());  // they ask again
  return taken;
}

void RunInput::Close() {
  MutexLock calling(&calling_);
  MutexLock lock(&mutex_);
  closed_ = true;
  spool_ = nullptr;  // the disk has its room back
  waiting_.clear();
}

// The loops may be gone once it is closed.
void RunInput::Call(Later later, engine::InputPiece piece) {
  MutexLock calling(&calling_);
  {
    MutexLock lock(&mutex_);
    if (closed_) return;
  }
  later(std::move(piece));
}

RunInput::Stream* RunInput::StreamOf(uint32_t host) {
  const auto own = own_.find(host);
  return own == own_.end() ? &shared_ : own->second.get();
}

engine::InputPiece RunInput::Read(uint32_t host, uint64_t position, Later later) {
  std::shared_ptr<InputSpool> spool;
  uint64_t from = 0;
  uint64_t size = 0;
  {
    MutexLock lock(&mutex_);
    Stream* stream = StreamOf(host);
    stream->read = std::max(stream->read, position);
    if (position == stream->size && stream->ended) return {nullptr, "", true, ""};
    if (closed_) return {};
    if (position >= stream->size) {
      waiting_[host] = std::move(later);
      return {};
    }
    const auto after = [](uint64_t where, const Part& part) { return where < part.position; };
    const Part& part =
        *std::prev(std::upper_bound(stream->parts.begin(), stream->parts.end(), position, after));
    from = part.from + (position - part.position);
    size = part.position + part.size - position;
    spool = spool_;
  }
  engine::InputPiece piece = spool->FromMemory(from, size);
  if (!piece.bytes.empty()) return piece;
  helpers_->Run([self = shared_from_this(), spool = std::move(spool), from, size,
                 later = std::move(later)]() mutable {
    self->Call(std::move(later), spool->FromDisk(from, size));
  });
  return {};
}

}  // namespace muster::service
