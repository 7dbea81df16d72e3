#include "service/targets/load_inventory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "service/targets/ansible_ini.h"
#include "service/targets/ansible_yaml.h"
#include "service/targets/group_file.h"
#include "service/targets/yaml_document.h"
#include "ssh_engine/unique_fd.h"

namespace muster::service {
namespace {

absl::Status SystemError(const std::string& path) {
  return absl::ErrnoToStatus(errno, absl::StrCat("cannot read the inventory ", path));
}

absl::Status TooLarge(const std::string& path) {
  return absl::ResourceExhaustedError(
      absl::StrCat("the inventory ", path, " is larger than ", kMaxInventoryBytes, " bytes"));
}

// Also when the file grows meanwhile.
absl::StatusOr<std::string> ReadAll(int fd, const std::string& path) {
  std::string content;
  char buffer[65536];
  while (true) {
    const ssize_t n = read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError(path);
    if (n == 0) return content;
    content.append(buffer, n);
    if (content.size() > kMaxInventoryBytes) return TooLarge(path);
  }
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  // Not to wait for a writer if it is a pipe.
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info;
  if (fd.get() < 0 || fstat(fd.get(), &info) != 0) return SystemError(path);
  if (!S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the inventory ", path, " is not a regular file; name one file"));
  }
  if (info.st_size > kMaxInventoryBytes) return TooLarge(path);
  return ReadAll(fd.get(), path);
}

// "key:" with nothing or a blank behind it, the key in quotes or without blanks and '='.
bool IsYamlKey(absl::string_view line) {
  const char quote = line[0];
  if (quote == '"' || quote == '\'') return true;
  const size_t end = line.find_first_of(" \t=[");
  const absl::string_view word = line.substr(0, end);
  if (absl::EndsWith(word, ":")) return true;
  return absl::StartsWith(absl::StripLeadingAsciiWhitespace(line.substr(word.size())), ": ");
}

// The first line that says something decides. What is neither clearly YAML nor INI is a list of
// hosts.
bool IsYaml(absl::string_view content) {
  for (absl::string_view line : absl::StrSplit(content, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    return line[0] == '{' || line[0] == '%' || absl::StartsWith(line, "---") || IsYamlKey(line);
  }
  return false;
}

absl::StatusOr<InventoryData> ReadYaml(absl::string_view content, const std::string& file) {
  absl::StatusOr<YamlDocument> document = YamlDocument::Parse(content, file);
  if (!document.ok()) return document.status();
  if (IsAnsibleYaml(document->root())) return ReadAnsibleYaml(&*document);
  return ReadGroupFile(&*document);
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Inventory>> LoadInventory(const std::string& path) {
  absl::StatusOr<std::string> content = ReadFile(path);
  if (!content.ok()) return content.status();
  return ParseInventory(*content, path);
}

absl::StatusOr<std::shared_ptr<const Inventory>> ParseInventory(absl::string_view content,
                                                                const std::string& file) {
  if (content.size() > kMaxInventoryBytes) return TooLarge(file);
  absl::ConsumePrefix(&content, "\xef\xbb\xbf");  // a byte order mark
  absl::StatusOr<InventoryData> data =
      IsYaml(content) ? ReadYaml(content, file) : ReadAnsibleIni(content, file);
  if (!data.ok()) return data.status();
  return std::make_shared<const Inventory>(*std::move(data));
}

}  // namespace muster::service
