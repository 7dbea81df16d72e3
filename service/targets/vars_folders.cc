#include "service/targets/vars_folders.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/targets/ansible_yaml.h"
#include "service/targets/inventory_file.h"
#include "service/targets/yaml_document.h"

namespace muster::service {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxPaths = 100'000;
constexpr int kMaxDepth = 10;  // folders within folders; ends circles of links
constexpr const char* kExtensions[] = {"", ".yml", ".yaml", ".json"};

// What Ansible leaves out: hidden files, and editors' copies.
bool IsLeftOut(absl::string_view name) {
  return absl::StartsWith(name, ".") || absl::EndsWith(name, "~");
}

std::vector<std::string> NamesIn(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::string name = it->path().filename().string();
    if (!IsLeftOut(name)) names.push_back(std::move(name));
    if (names.size() > kMaxPaths) break;
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool IsFolder(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

// Files at or below `path`, and folders where those are wanted, too.
void Collect(const std::string& path, bool folders, int depth, std::vector<std::string>* paths) {
  if (paths->size() > kMaxPaths || depth > kMaxDepth) return;
  if (!IsFolder(path)) return paths->push_back(path);
  if (folders) paths->push_back(path);
  for (const std::string& name : NamesIn(path)) {
    Collect(absl::StrCat(path, "/", name), folders, depth + 1, paths);
  }
}

std::string Beside(const std::string& inventory, absl::string_view folder) {
  return (fs::path(inventory).parent_path() / std::string(folder)).string();
}

bool HasYamlExtension(const std::string& path) {
  const std::string extension = fs::path(path).extension().string();
  return std::find(std::begin(kExtensions), std::end(kExtensions), extension) !=
         std::end(kExtensions);
}

absl::Status ReadFile(const std::string& path, size_t* bytes, AnsibleModel* model,
                      ConnectionVars* vars) {
  absl::StatusOr<std::string> content = ReadInventoryFile(path);
  if (!content.ok()) return content.status();
  *bytes += content->size();
  if (*bytes > kMaxInventoryBytes) {
    return absl::ResourceExhaustedError(absl::StrCat(
        path, ": the files of variables are larger than ", kMaxInventoryBytes, " bytes together"));
  }
  const std::string& file = model->Keep(path);
  if (absl::StartsWith(*content, "$ANSIBLE_VAULT")) {
    vars->SetEncrypted(file);
    return absl::OkStatus();
  }
  absl::StatusOr<YamlDocument> document = YamlDocument::Parse(*content, path);
  if (!document.ok()) return document.status();
  return ReadAnsibleVars(&*document, document->root(), "the file", file, vars);
}

absl::Status ReadPath(const std::string& path, size_t* bytes, AnsibleModel* model,
                      ConnectionVars* vars) {
  std::vector<std::string> files;
  Collect(path, false, 0, &files);
  const bool folder = IsFolder(path);
  for (const std::string& file : files) {
    if (folder && !HasYamlExtension(file)) continue;
    if (absl::Status status = ReadFile(file, bytes, model, vars); !status.ok()) return status;
  }
  return absl::OkStatus();
}

// `vars_of` answers null for what the inventory does not have.
template <typename VarsOf>
absl::Status ReadFolder(const std::string& folder, size_t* bytes, AnsibleModel* model,
                        VarsOf vars_of) {
  std::map<std::string, std::map<size_t, std::string>> found;  // by name, then by extension
  for (const std::string& name : NamesIn(folder)) {
    for (size_t i = 0; i < std::size(kExtensions); ++i) {
      const absl::string_view extension = kExtensions[i];
      if (!absl::EndsWith(name, extension)) continue;
      found[name.substr(0, name.size() - extension.size())][i] = absl::StrCat(folder, "/", name);
    }
  }
  for (const auto& [name, paths] : found) {
    ConnectionVars* vars = vars_of(name);
    if (vars == nullptr) continue;
    absl::Status status = ReadPath(paths.begin()->second, bytes, model, vars);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<std::string> VarsPaths(const std::string& inventory) {
  std::vector<std::string> paths;
  for (const char* folder : {"group_vars", "host_vars"}) {
    const std::string path = Beside(inventory, folder);
    if (IsFolder(path)) Collect(path, true, 0, &paths);
  }
  return paths;
}

absl::Status ReadVarsFolders(const std::string& inventory, AnsibleModel* model) {
  size_t bytes = 0;
  absl::Status status =
      ReadFolder(Beside(inventory, "group_vars"), &bytes, model,
                 [=](const std::string& name) { return model->FolderGroupVars(name); });
  if (!status.ok()) return status;
  return ReadFolder(Beside(inventory, "host_vars"), &bytes, model,
                    [=](const std::string& name) { return model->FolderHostVars(name); });
}

}  // namespace muster::service
