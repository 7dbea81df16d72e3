// The end of what a process writes to its standard error.
#ifndef SSH_ENGINE_PROXY_LAST_WORDS_H_
#define SSH_ENGINE_PROXY_LAST_WORDS_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace muster::engine {

class LastWords {
 public:
  static constexpr size_t kMost = 1024;  // bytes

  void Add(absl::string_view bytes);
  // In one line, printable, from the beginning of a line on where there was more; empty: nothing.
  std::string Text() const;

 private:
  std::string bytes_;
  bool cut_ = false;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_PROXY_LAST_WORDS_H_
