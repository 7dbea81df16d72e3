#include "service/ssh_config/config_file.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "service/ssh_config/config_line.h"
#include "service/ssh_config/file_owner.h"
#include "service/ssh_config/keywords.h"
#include "ssh_engine/base/unique_fd.h"

namespace muster::service {
namespace {

constexpr size_t kMaxBytes = 16 << 20;  // of a file and all that it includes
constexpr int kMaxDepth = 16;           // ssh's, too
constexpr size_t kMaxFaults = 10;       // that are told

absl::Status SystemError(const std::string& path) {
  return absl::ErrnoToStatus(errno, absl::StrCat("cannot read ", path));
}

class Reader {
 public:
  explicit Reader(std::string home) : home_(std::move(home)) {}

  absl::StatusOr<std::shared_ptr<const ConfigFile>> Read(const ConfigSource& source, int depth);
  absl::StatusOr<std::shared_ptr<const ConfigFile>> ReadOption(const std::string& option);

 private:
  absl::StatusOr<std::string> Content(const ConfigSource& source);
  absl::Status AddLine(absl::string_view text, int depth, int number, ConfigFile* file);
  absl::StatusOr<IncludedFiles> Include(const std::vector<std::string>& patterns, bool users,
                                        int depth);
  absl::StatusOr<std::vector<std::string>> Glob(const std::string& pattern, bool users) const;

  const std::string home_;
  size_t bytes_ = 0;  // read so far
};

absl::StatusOr<std::string> Reader::Content(const ConfigSource& source) {
  const UniqueFd fd(open(source.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info = {};
  if (fd.get() < 0 || fstat(fd.get(), &info) != 0) return SystemError(source.path);
  if (source.check_owner) {
    const std::string obstacle = OwnerObstacle(info, source.path, "ssh refuses it, too");
    if (!obstacle.empty()) return absl::PermissionDeniedError(obstacle);
  }
  std::string content;
  char buffer[64 * 1024];
  while (true) {
    const ssize_t got = read(fd.get(), buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError(source.path);
    if (got == 0) return content;
    content.append(buffer, static_cast<size_t>(got));
    bytes_ += static_cast<size_t>(got);
    if (bytes_ > kMaxBytes) {
      return absl::ResourceExhaustedError(
          absl::StrCat(source.path, ": more than ", kMaxBytes >> 20, " MiB of ssh_config"));
    }
  }
}

absl::StatusOr<std::vector<std::string>> Reader::Glob(const std::string& pattern,
                                                      bool users) const {
  std::string path = pattern;
  if (!path.empty() && path[0] == '~' && !users) {
    return absl::InvalidArgumentError(
        absl::StrCat("Include ", pattern, ": the system's files have no home folder"));
  }
  if (!path.empty() && path[0] != '/' && path[0] != '~') {
    path = absl::StrCat(users ? absl::StrCat(home_, "/.ssh/") : "/etc/ssh/", path);
  }
  if (path == "~" || path.substr(0, 2) == "~/") path = absl::StrCat(home_, path.substr(1));
  glob_t found = {};
  const int result = glob(path.c_str(), GLOB_TILDE, nullptr, &found);
  std::vector<std::string> paths(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  globfree(&found);
  if (result == 0 || result == GLOB_NOMATCH) return paths;
  return absl::UnavailableError(absl::StrCat("Include ", path, ": cannot be looked for"));
}

absl::StatusOr<IncludedFiles> Reader::Include(const std::vector<std::string>& patterns, bool users,
                                              int depth) {
  IncludedFiles included;
  for (const std::string& pattern : patterns) {
    if (pattern.empty()) return absl::InvalidArgumentError("include has an empty argument");
    const absl::StatusOr<std::vector<std::string>> paths = Glob(pattern, users);
    if (!paths.ok()) return paths.status();
    for (const std::string& path : *paths) {
      auto file = Read({path, users, /*check_owner=*/true}, depth + 1);
      if (absl::IsNotFound(file.status())) continue;  // it has just gone
      if (!file.ok()) return file.status();
      included.files.push_back(*std::move(file));
    }
  }
  return included;
}

absl::Status Reader::AddLine(absl::string_view text, int depth, int number, ConfigFile* file) {
  const absl::StatusOr<ConfigLine> line = SplitConfigLine(text);
  if (!line.ok()) return line.status();
  if (line->keyword.empty()) return absl::OkStatus();
  const KeywordInfo* const info = FindKeyword(line->keyword);
  if (info == nullptr) {
    file->items.push_back({number, UnknownKeyword{line->keyword}});
    return absl::OkStatus();
  }
  if (info->keyword == Keyword::kInclude) {
    absl::StatusOr<IncludedFiles> included = Include(line->arguments, file->users, depth);
    if (!included.ok()) return included.status();
    file->items.push_back({number, *std::move(included)});
    return absl::OkStatus();
  }
  if (info->keyword == Keyword::kMatch) {
    absl::StatusOr<MatchCriteria> criteria = ParseMatch(line->rest);
    if (!criteria.ok()) return criteria.status();
    file->items.push_back({number, *std::move(criteria)});
    return absl::OkStatus();
  }
  if (info->keyword == Keyword::kHost) {
    for (const std::string& pattern : line->arguments) {
      if (pattern.empty()) return absl::InvalidArgumentError("host has an empty argument");
    }
    file->items.push_back({number, HostPatterns{line->arguments}});
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<Setting>> settings = ParseSetting(*info, *line);
  if (!settings.ok()) return settings.status();
  for (Setting& setting : *settings) file->items.push_back({number, std::move(setting)});
  return absl::OkStatus();
}

// readconf.c: what selects hosts, and more files, is no option of the command line.
absl::Status CheckOption(absl::string_view option) {
  const absl::StatusOr<ConfigLine> line = SplitConfigLine(option);
  if (!line.ok()) return line.status();
  const KeywordInfo* const info = FindKeyword(line->keyword);
  if (info == nullptr || info->kind != ValueKind::kCondition) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(line->keyword, " stands in files only"));
}

absl::StatusOr<std::shared_ptr<const ConfigFile>> Reader::ReadOption(const std::string& option) {
  auto file = std::make_shared<ConfigFile>();
  file->path = absl::StrCat("-o ", option);
  file->users = true;
  absl::Status status = CheckOption(option);
  if (status.ok()) status = AddLine(option, 0, 0, file.get());
  if (status.ok()) return file;
  return absl::Status(status.code(), absl::StrCat(PlaceOf(*file, 0), ": ", status.message()));
}

void CountSettings(ConfigFile* file) {
  size_t settings = 0;
  for (auto item = file->items.rbegin(); item != file->items.rend(); ++item) {
    if (auto* const block = absl::get_if<HostPatterns>(&item->what)) block->settings = settings;
    settings = absl::holds_alternative<Setting>(item->what) ? settings + 1 : 0;
  }
}

absl::StatusOr<std::shared_ptr<const ConfigFile>> Reader::Read(const ConfigSource& source,
                                                               int depth) {
  if (depth > kMaxDepth) {
    return absl::ResourceExhaustedError(
        absl::StrCat(source.path, ": Include is more than ", kMaxDepth, " deep"));
  }
  const absl::StatusOr<std::string> content = Content(source);
  if (!content.ok()) return content.status();
  auto file = std::make_shared<ConfigFile>();
  file->path = source.path;
  file->users = source.users;
  std::vector<std::string> faults;
  int number = 0;
  for (const absl::string_view text : absl::StrSplit(*content, '\n')) {
    const absl::Status status = AddLine(text, depth, ++number, file.get());
    if (status.ok()) continue;
    if (!absl::IsInvalidArgument(status) && !absl::IsUnimplemented(status)) return status;
    if (faults.size() == kMaxFaults) break;
    faults.push_back(absl::StrCat(PlaceOf(*file, number), ": ", status.message()));
  }
  if (!faults.empty()) return absl::InvalidArgumentError(absl::StrJoin(faults, "\n"));
  CountSettings(file.get());
  return file;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const ConfigFile>> ReadConfigFile(const ConfigSource& source,
                                                                 const std::string& home) {
  return Reader(home).Read(source, 0);
}

absl::StatusOr<std::shared_ptr<const ConfigFile>> ReadConfigOption(const std::string& option) {
  return Reader("").ReadOption(option);
}

std::string PlaceOf(const ConfigFile& file, int line) {
  return line == 0 ? file.path : absl::StrCat(file.path, ":", line);
}

}  // namespace muster::service
