#include "service/log/tail_memory.h"

#include <algorithm>

namespace muster::service {

void TailMemory::Enter(Tail* tail) {
  MutexLock lock(&mutex_);
  tails_.push_back(tail);
}

void TailMemory::Leave(Tail* tail) {
  MutexLock lock(&mutex_);
  tails_.erase(std::remove(tails_.begin(), tails_.end(), tail), tails_.end());
}

Tail* TailMemory::Largest() const {
  const auto largest = std::max_element(
      tails_.begin(), tails_.end(),
      [](const Tail* a, const Tail* b) { return a->tail_bytes() < b->tail_bytes(); });
  return largest == tails_.end() ? nullptr : *largest;
}

// To somewhat below the limit, so that the search for the largest is seldom.
void TailMemory::Trim() {
  if (bytes_ <= max_bytes_) return;
  const size_t goal = max_bytes_ - max_bytes_ / 8;
  MutexLock lock(&mutex_);
  while (bytes_ > goal) {
    Tail* const largest = Largest();
    const size_t has = largest == nullptr ? 0 : largest->tail_bytes();
    if (has == 0) return;
    largest->ShrinkTo(has - std::min({has, bytes_ - goal, has / 2 + 1}));
  }
}

}  // namespace muster::service
