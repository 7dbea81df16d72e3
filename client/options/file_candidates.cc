#include "client/options/file_candidates.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "client/options/caller_file.h"

namespace muster::client {
namespace {

constexpr size_t kMost = 1000;

}  // namespace

std::vector<std::string> FileCandidates(const std::string& begun, bool folders) {
  const size_t slash = begun.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : begun.substr(0, slash + 1);
  const std::string name = begun.substr(folder.size());
  std::vector<std::string> paths;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder.empty() ? "." : AbsolutePath(folder), error);
  for (; !error && entry != end(entry) && paths.size() < kMost; entry.increment(error)) {
    const std::string found = entry->path().filename().string();
    if (!absl::StartsWith(found, name) || (name.empty() && found[0] == '.')) continue;
    std::error_code unknown;  // it has gone meanwhile, or is a link to nothing
    const bool is_folder = entry->is_directory(unknown);
    if (folders && !is_folder) continue;
    paths.push_back(folder + found + (is_folder ? "/" : ""));
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace muster::client
