// The beginnings of many outputs, kept once where they are the same.
#ifndef SERVICE_WATCH_SHARED_TEXT_H_
#define SERVICE_WATCH_SHARED_TEXT_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace muster::service {

// How many bytes texts have in all, and may have. Outlives them. Thread-safe: views of several
// watchers share one.
class TextBudget {
 public:
  explicit TextBudget(size_t limit) : limit_(limit) {}
  bool Reserve(size_t bytes);
  void Return(size_t bytes) { used_ -= bytes; }
  size_t used() const { return used_; }

 private:
  const size_t limit_;
  std::atomic<size_t> used_{0};
};

// Bytes that only grow. Ten thousand hosts that write the same at the same time are cursors into
// one text; who goes another way forks it. Neither texts nor cursors are thread-safe.
class SharedText {
 public:
  explicit SharedText(TextBudget* budget) : budget_(budget) {}
  ~SharedText() { budget_->Return(bytes_.size()); }
  SharedText(const SharedText&) = delete;
  SharedText& operator=(const SharedText&) = delete;

 private:
  friend class TextCursor;

  bool Grow(absl::string_view data);

  TextBudget* const budget_;
  std::string bytes_;
  // The last text that parted from this one, and where.
  std::weak_ptr<SharedText> fork_;
  size_t fork_at_ = 0;
};

// What one writer has written so far: the first `size` bytes of a text. A value.
class TextCursor {
 public:
  TextCursor() = default;
  explicit TextCursor(std::shared_ptr<SharedText> text) : text_(std::move(text)) {}

  // Adds bytes. False: there is no room; the cursor then has no text any more.
  bool Append(absl::string_view data);

  bool has_text() const { return text_ != nullptr; }
  // Good until the next Append of any cursor into the same text.
  absl::string_view text() const { return absl::string_view(text_->bytes_).substr(0, size_); }

 private:
  bool Fork(absl::string_view data);

  std::shared_ptr<SharedText> text_;
  size_t size_ = 0;
};

}  // namespace muster::service

#endif  // SERVICE_WATCH_SHARED_TEXT_H_
