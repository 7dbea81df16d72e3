#include "service/targets/load_inventory.h"

#include <functional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "service/targets/ansible_ini.h"
#include "service/targets/ansible_json.h"
#include "service/targets/ansible_model.h"
#include "service/targets/ansible_yaml.h"
#include "service/targets/group_conf.h"
#include "service/targets/group_file.h"
#include "service/targets/inventory_file.h"
#include "service/targets/inventory_program.h"
#include "service/targets/located_error.h"
#include "service/targets/vars_folders.h"
#include "service/targets/yaml_document.h"

namespace muster::service {
namespace {

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

// Adds what stands beside the inventory.
using Beside = std::function<absl::Status(AnsibleModel*)>;

absl::StatusOr<InventoryData> Finish(const absl::Status& read, AnsibleModel* model,
                                     const Beside& beside) {
  if (!read.ok()) return read;
  if (absl::Status status = beside(model); !status.ok()) return status;
  return model->Build();
}

// Such a file says how Ansible finds hosts or groups: "plugin: constructed".
absl::Status CheckNoPlugin(const YamlNode& root, const std::string& file) {
  if (root.kind != YamlNode::Kind::kMap) return absl::OkStatus();
  for (size_t i = 0; i + 1 < root.children.size(); i += 2) {
    const YamlNode& key = *root.children[i];
    const YamlNode& value = *root.children[i + 1];
    if (key.text != "plugin" || value.kind != YamlNode::Kind::kScalar) continue;
    return ErrorAt(
        file, key.line,
        absl::StrCat("it is for Ansible's inventory plugin \"", value.text,
                     "\", which Muster does not have. Ansible can be asked for what it finds, by a "
                     "program that is given instead (-I inventory.sh): printf '#!/bin/sh\\nexec "
                     "ansible-inventory -i %s --list\\n' ",
                     file, " > inventory.sh && chmod +x inventory.sh"));
  }
  return absl::OkStatus();
}

absl::StatusOr<InventoryData> ReadYaml(absl::string_view content, const std::string& file,
                                       const Beside& beside) {
  absl::StatusOr<YamlDocument> document = YamlDocument::Parse(content, file);
  if (!document.ok()) return document.status();
  if (absl::Status status = CheckNoPlugin(document->root(), file); !status.ok()) return status;
  if (!IsAnsibleYaml(document->root())) return ReadGroupFile(&*document);
  AnsibleModel model(file);
  return Finish(ReadAnsibleYaml(&*document, &model), &model, beside);
}

absl::StatusOr<InventoryData> ReadIni(absl::string_view content, const std::string& file,
                                      const Beside& beside) {
  AnsibleModel model(file);
  return Finish(ReadAnsibleIni(content, &model), &model, beside);
}

absl::StatusOr<std::shared_ptr<const Inventory>> Parse(absl::string_view content,
                                                       const std::string& file,
                                                       const Beside& beside) {
  absl::ConsumePrefix(&content, "\xef\xbb\xbf");  // a byte order mark
  if (absl::Status status = CheckInventoryContent(content, file); !status.ok()) return status;
  absl::StatusOr<InventoryData> data =
      IsYaml(content)
          ? ReadYaml(content, file, beside)
          : (IsGroupConf(content) ? ReadGroupConf(content, file) : ReadIni(content, file, beside));
  if (!data.ok()) return data.status();
  return std::make_shared<const Inventory>(*std::move(data));
}

absl::StatusOr<std::shared_ptr<const Inventory>> RunProgram(const std::string& path) {
  absl::StatusOr<std::string> output = RunInventoryProgram(path);
  if (!output.ok()) return output.status();
  AnsibleModel model(absl::StrCat(path, " --list"));
  const absl::Status checked = CheckInventoryContent(*output, model.file());
  if (!checked.ok()) return checked;
  absl::StatusOr<InventoryData> data =
      Finish(ReadAnsibleJson(*output, &model), &model,
             [&path](AnsibleModel* to) { return ReadVarsFolders(path, to); });
  if (!data.ok()) return data.status();
  data->by_programs = true;
  return std::make_shared<const Inventory>(*std::move(data));
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Inventory>> LoadInventory(const std::string& path) {
  const absl::StatusOr<bool> program = IsInventoryProgram(path);
  if (!program.ok()) return program.status();
  if (*program) return RunProgram(path);
  absl::StatusOr<std::string> content = ReadInventoryFile(path);
  if (!content.ok()) return content.status();
  return Parse(*content, path,
               [&path](AnsibleModel* model) { return ReadVarsFolders(path, model); });
}

absl::StatusOr<std::shared_ptr<const Inventory>> ParseInventory(absl::string_view content,
                                                                const std::string& file) {
  return Parse(content, file, [](AnsibleModel*) { return absl::OkStatus(); });
}

}  // namespace muster::service
