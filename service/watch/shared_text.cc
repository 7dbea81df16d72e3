#include "service/watch/shared_text.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace muster::service {
namespace {

// Texts that are tried before a writer gets one of his own: where all differ, this bounds the
// search.
constexpr int kMaxForks = 4;

size_t CommonPrefix(absl::string_view a, absl::string_view b) {
  const size_t size = std::min(a.size(), b.size());
  if (std::memcmp(a.data(), b.data(), size) == 0) return size;  // by far the fastest, and usual
  return std::mismatch(a.begin(), a.begin() + size, b.begin()).first - a.begin();
}

}  // namespace

bool TextBudget::Reserve(size_t bytes) {
  if (used_.fetch_add(bytes) + bytes <= limit_) return true;
  used_ -= bytes;
  return false;
}

bool SharedText::Grow(absl::string_view data) {
  if (!budget_->Reserve(data.size())) return false;
  bytes_.append(data.data(), data.size());
  return true;
}

bool TextCursor::Append(absl::string_view data) {
  for (int forks = 0; text_ != nullptr; ++forks) {
    const size_t same = CommonPrefix(absl::string_view(text_->bytes_).substr(size_), data);
    size_ += same;
    data.remove_prefix(same);
    if (data.empty()) return true;
    if (size_ == text_->bytes_.size()) {
      if (!text_->Grow(data)) break;
      size_ += data.size();
      return true;
    }
    std::shared_ptr<SharedText> fork = text_->fork_.lock();
    if (fork == nullptr || text_->fork_at_ != size_ || forks == kMaxForks) return Fork(data);
    text_ = std::move(fork);
  }
  text_ = nullptr;
  return false;
}

bool TextCursor::Fork(absl::string_view data) {
  auto fork = std::make_shared<SharedText>(text_->budget_);
  if (!fork->Grow(text()) || !fork->Grow(data)) {
    text_ = nullptr;
    return false;
  }
  text_->fork_ = fork;
  text_->fork_at_ = size_;
  text_ = std::move(fork);
  size_ += data.size();
  return true;
}

}  // namespace muster::service
