#include "ssh_engine/proxy/last_words.h"

#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "ssh_engine/base/peer_text.h"

namespace muster::engine {

void LastWords::Add(absl::string_view bytes) {
  bytes_.append(bytes.data(), bytes.size());
  if (bytes_.size() <= kMost) return;
  bytes_.erase(0, bytes_.size() - kMost);
  cut_ = true;
}

std::string LastWords::Text() const {
  absl::string_view bytes = bytes_;
  const size_t end = bytes.find('\n');
  const bool half_a_line = cut_ && end != absl::string_view::npos && end + 1 < bytes.size();
  if (half_a_line) bytes.remove_prefix(end + 1);
  const std::vector<absl::string_view> words =
      absl::StrSplit(bytes, absl::ByAnyChar(" \t\r\n"), absl::SkipEmpty());
  return PeerText(absl::StrJoin(words, " "), kMost);
}

}  // namespace muster::engine
