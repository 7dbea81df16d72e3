#include "service/runs/run_ends.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "proto/contract/error_details.h"

namespace muster::service {

uint64_t RunEnds::Enter() {
  MutexLock lock(&mutex_);
  ++readers_;
  return added_;
}

void RunEnds::Leave() {
  MutexLock lock(&mutex_);
  if (--readers_ == 0) runs_.clear();
}

void RunEnds::Add(const Run& run) {
  {
    MutexLock lock(&mutex_);
    if (readers_ == 0) return;
  }
  auto ended = std::make_shared<const v1::Run>(run.Summary());
  MutexLock lock(&mutex_);
  if (readers_ == 0) return;
  ++added_;
  runs_.push_back(std::move(ended));
  if (runs_.size() > kKept) runs_.pop_front();
}

absl::StatusOr<std::vector<std::shared_ptr<const v1::Run>>> RunEnds::Read(uint64_t* place) const {
  MutexLock lock(&mutex_);
  const uint64_t fresh = added_ - *place;
  if (fresh > runs_.size()) {
    return WithReason(absl::ResourceExhaustedError(absl::StrCat(
                          "more than ", kKept,
                          " runs have ended before this watch was read further; begin anew")),
                      v1::ERROR_REASON_BUSY);
  }
  *place = added_;
  return std::vector<std::shared_ptr<const v1::Run>>(runs_.end() - static_cast<ptrdiff_t>(fresh),
                                                     runs_.end());
}

}  // namespace muster::service
