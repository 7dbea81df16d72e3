#include "service/targets/group_conf.h"

#include <glob.h>
#include <sys/stat.h>

#include <filesystem>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "service/ssh_config/file_owner.h"
#include "service/targets/group_commands.h"
#include "service/targets/group_file.h"
#include "service/targets/group_name.h"
#include "service/targets/inventory_file.h"
#include "service/targets/located_error.h"
#include "service/targets/shell_words.h"
#include "service/targets/yaml_document.h"

namespace muster::service {
namespace {

namespace fs = std::filesystem;

constexpr char kMain[] = "Main";
constexpr absl::Duration kEach = absl::Seconds(30);
constexpr absl::Duration kAll = absl::Seconds(60);

struct Section {
  std::string name;
  int line = 0;
  std::map<std::string, std::string> options;
};

// "[slurm,sp]". Empty: it is no such line. Ansible's "[web:vars]" is none either.
absl::string_view SectionName(absl::string_view line) {
  if (line.size() < 3 || line.front() != '[' || line.back() != ']') return "";
  const absl::string_view name = line.substr(1, line.size() - 2);
  return name.find(':') == name.npos ? name : "";
}

// The name of an option, in lower case, and its value: "map: sed ...". Empty: it is no such line.
std::pair<std::string, absl::string_view> OptionIn(absl::string_view line) {
  const size_t end = line.find_first_of(":=");
  if (end == line.npos) return {"", ""};
  return {absl::AsciiStrToLower(absl::StripTrailingAsciiWhitespace(line.substr(0, end))),
          absl::StripAsciiWhitespace(line.substr(end + 1))};
}

bool IsRemark(absl::string_view line) { return line.empty() || line[0] == '#' || line[0] == ';'; }

bool SaysSo(absl::string_view section, const std::string& option) {
  constexpr absl::string_view kOfMain[] = {"default", "confdir", "groupsdir", "autodir"};
  if (section == kMain) return absl::c_linear_search(kOfMain, option);
  return !section.empty() && option == "map";
}

// As Python's configparser reads it.
absl::StatusOr<std::vector<Section>> ReadSections(absl::string_view content,
                                                  const std::string& file) {
  std::vector<Section> sections;
  std::string* last = nullptr;  // the value that an indented line goes on with
  int number = 0;
  for (const absl::string_view whole : absl::StrSplit(content, '\n')) {
    ++number;
    const absl::string_view line = absl::StripAsciiWhitespace(whole);
    if (IsRemark(line)) continue;
    if (last != nullptr && absl::ascii_isspace(static_cast<unsigned char>(whole[0]))) {
      absl::StrAppend(last, "\n", line);
      continue;
    }
    if (const absl::string_view name = SectionName(line); !name.empty()) {
      sections.push_back({std::string(name), number, {}});
      last = nullptr;
      continue;
    }
    auto [option, value] = OptionIn(line);
    if (option.empty() || sections.empty()) {
      return ErrorAt(file, number, "expected \"[SOURCE]\" or \"map: COMMAND\" (groups.conf(5))");
    }
    last = &(sections.back().options[option] = std::string(value));
  }
  return sections;
}

std::vector<std::string> FilesLike(const std::string& pattern) {
  glob_t found = {};
  std::vector<std::string> paths;
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  globfree(&found);
  return paths;
}

absl::Status CheckOwner(const std::string& file) {
  struct stat info = {};
  if (stat(file.c_str(), &info) != 0) return absl::OkStatus();  // it is read already
  const std::string obstacle =
      OwnerObstacle(info, file, "its commands are not run for that reason");
  return obstacle.empty() ? absl::OkStatus() : absl::FailedPreconditionError(obstacle);
}

// Reads one file and those that it names. Lives for one call.
class Reader {
 public:
  explicit Reader(const std::string& file)
      : file_(file), folder_(fs::path(file).parent_path().string()) {
    data_.file = file;
    data_.by_programs = true;
  }

  absl::StatusOr<InventoryData> Read(absl::string_view content) {
    const absl::StatusOr<std::vector<Section>> sections = ReadSections(content, file_);
    if (!sections.ok()) return sections.status();
    const auto main = absl::c_find_if(*sections, [](const Section& s) { return s.name == kMain; });
    const Section none;
    const Section& options = main == sections->end() ? none : *main;
    absl::Status status = AddFolders(options);
    if (status.ok()) status = AddSources(*sections, file_, folder_);
    if (status.ok()) status = SetDefault(options);
    if (!status.ok()) return status;
    return std::move(data_);
  }

 private:
  // The folders of an option of [Main].
  absl::StatusOr<std::vector<std::string>> FoldersOf(const Section& main, const char* option) {
    const auto it = main.options.find(option);
    if (it == main.options.end()) return std::vector<std::string>();
    auto folders = SplitShellWords(it->second, false);
    if (folders.has_value()) {
      for (std::string& folder : *folders) {
        folder = absl::StrReplaceAll(folder, {{"${CFGDIR}", folder_}, {"$CFGDIR", folder_}});
      }
      return *std::move(folders);
    }
    return ErrorAt(file_, main.line, absl::StrCat(option, " has a quote that is never closed"));
  }

  absl::Status AddFolders(const Section& main) {
    for (const char* option : {"groupsdir", "confdir"}) {
      const auto folders = FoldersOf(main, option);
      if (!folders.ok()) return folders.status();
      for (const std::string& folder : *folders) {
        for (const std::string& path : FilesLike(folder + "/*.conf")) {
          if (absl::Status status = AddConf(path, folder); !status.ok()) return status;
        }
      }
    }
    const auto folders = FoldersOf(main, "autodir");
    if (!folders.ok()) return folders.status();
    for (const std::string& folder : *folders) {
      for (const std::string& path : FilesLike(folder + "/*.yaml")) {
        if (absl::Status status = AddYaml(path); !status.ok()) return status;
      }
    }
    return absl::OkStatus();
  }

  absl::Status AddConf(const std::string& path, const std::string& folder) {
    const absl::StatusOr<std::string> content = ReadInventoryFile(path);
    if (!content.ok()) return content.status();
    const absl::StatusOr<std::vector<Section>> sections = ReadSections(*content, path);
    if (!sections.ok()) return sections.status();
    return AddSources(*sections, path, folder);
  }

  absl::Status AddYaml(const std::string& path) {
    const absl::StatusOr<std::string> content = ReadInventoryFile(path);
    if (!content.ok()) return content.status();
    absl::StatusOr<YamlDocument> document = YamlDocument::Parse(*content, path);
    if (!document.ok()) return document.status();
    absl::StatusOr<InventoryData> groups = ReadGroupFile(&*document);
    if (!groups.ok()) return groups.status();
    const auto inventory = std::make_shared<const Inventory>(*std::move(groups));
    for (const auto& source : inventory->data().sources) {
      if (absl::Status status = Add(source.first, path, 0, inventory); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status AddSources(const std::vector<Section>& sections, const std::string& file,
                          const std::string& folder) {
    if (absl::Status status = CheckOwner(file); !status.ok()) return status;
    for (const Section& section : sections) {
      if (section.name == kMain) continue;
      for (const absl::string_view source : absl::StrSplit(section.name, ',')) {
        absl::Status status = AddSource(std::string(source), section, file, folder);
        if (!status.ok()) return status;
      }
    }
    return absl::OkStatus();
  }

  absl::Status AddSource(const std::string& source, const Section& section, const std::string& file,
                         const std::string& folder) {
    const auto option = [&](const char* name) {
      const auto it = section.options.find(name);
      return it == section.options.end() ? std::string() : it->second;
    };
    GroupCommands commands = {
        source, PlaceOf(file, section.line), folder, option("map"), option("all"), option("list")};
    if (commands.map.empty()) {
      return ErrorAt(file, section.line,
                     absl::StrCat("the source \"", source, "\" has no \"map\""));
    }
    return Add(source, file, section.line,
               std::make_shared<const CommandSource>(std::move(commands), time_));
  }

  absl::Status Add(const std::string& source, const std::string& file, int line,
                   std::shared_ptr<const GroupResolver> groups) {
    if (!IsGroupName(source)) {
      return ErrorAt(file, line, absl::StrCat("\"", source, "\" ", kGroupNameRule));
    }
    if (data_.others.emplace(source, std::move(groups)).second) return absl::OkStatus();
    return ErrorAt(file, line, absl::StrCat("the source \"", source, "\" is defined twice"));
  }

  absl::Status SetDefault(const Section& main) {
    const auto it = main.options.find("default");
    if (it != main.options.end() && !it->second.empty()) {
      data_.default_source = it->second;
      if (data_.others.count(it->second) > 0) return absl::OkStatus();
      return ErrorAt(file_, main.line,
                     absl::StrCat("the default source \"", it->second, "\" is not defined"));
    }
    if (data_.others.size() == 1) data_.default_source = data_.others.begin()->first;
    return absl::OkStatus();
  }

  const std::string file_;
  const std::string folder_;
  const std::shared_ptr<CommandTime> time_ = std::make_shared<CommandTime>(kEach, kAll);
  InventoryData data_;
};

}  // namespace

bool IsGroupConf(absl::string_view content) {
  absl::string_view section;
  for (absl::string_view line : absl::StrSplit(content, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (IsRemark(line)) continue;
    if (line.front() == '[' && line.back() == ']') {
      section = SectionName(line);
    } else if (SaysSo(section, OptionIn(line).first)) {
      return true;
    }
  }
  return false;
}

absl::StatusOr<InventoryData> ReadGroupConf(absl::string_view content, const std::string& file) {
  return Reader(file).Read(content);
}

}  // namespace muster::service
