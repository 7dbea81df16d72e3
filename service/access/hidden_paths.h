// Paths of the daemon's own files in what callers from the network are told.
#ifndef SERVICE_ACCESS_HIDDEN_PATHS_H_
#define SERVICE_ACCESS_HIDDEN_PATHS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"

namespace muster::service {

// `text` with the last part of each of these absolute paths in its place.
inline std::string WithoutFolders(absl::string_view text, const std::vector<std::string>& paths) {
  std::vector<std::pair<absl::string_view, absl::string_view>> replacements;
  for (const absl::string_view path : paths) {
    const size_t slash = path.rfind('/');
    if (slash != absl::string_view::npos) replacements.emplace_back(path, path.substr(slash + 1));
  }
  return absl::StrReplaceAll(text, replacements);
}

}  // namespace muster::service

#endif  // SERVICE_ACCESS_HIDDEN_PATHS_H_
