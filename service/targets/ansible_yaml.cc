#include "service/targets/ansible_yaml.h"

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/targets/ansible_model.h"
#include "service/targets/located_error.h"

namespace muster::service {
namespace {

using Kind = YamlNode::Kind;

constexpr int kMaxDepth = 30;  // groups within groups

bool IsMapOrNull(const YamlNode& node) {
  return node.kind == Kind::kMap || node.kind == Kind::kNull;
}

bool IsGroupKey(const std::string& key) {
  return key == "hosts" || key == "children" || key == "vars";
}

bool LooksLikeGroup(const YamlNode& node) {
  if (!IsMapOrNull(node)) return false;
  for (size_t i = 0; i + 1 < node.children.size(); i += 2) {
    if (!IsGroupKey(node.children[i]->text) || !IsMapOrNull(*node.children[i + 1])) return false;
  }
  return true;
}

// Reads one file. Lives for one call.
class Reader {
 public:
  Reader(YamlDocument* document, AnsibleModel* model) : document_(*document), model_(*model) {}

  absl::Status Read() {
    auto groups = document_.Entries(document_.root(), "the file");
    if (!groups.ok()) return groups.status();
    for (const auto& [name, group] : *groups) {
      if (absl::Status status = ReadGroup(*name, *group, 1); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

 private:
  absl::Status ReadGroup(const YamlNode& name, const YamlNode& group, int depth) {
    if (depth > kMaxDepth) {
      return TooLargeAt(model_.file(), name.line,
                        absl::StrCat("groups within groups, more than ", kMaxDepth, " deep"));
    }
    if (absl::Status status = model_.AddGroup(name.text, name.line); !status.ok()) return status;
    auto entries = document_.Entries(group, absl::StrCat("the group ", name.text));
    if (!entries.ok()) return entries.status();
    for (const auto& [key, value] : *entries) {
      absl::Status status;
      if (key->text == "hosts") {
        status = ReadHosts(name.text, *value);
      } else if (key->text == "children") {
        status = ReadChildren(name.text, *value, depth);
      } else if (key->text == "vars") {
        status = ReadVars(*value, absl::StrCat("the variables of ", name.text),
                          &model_.GroupVars(name.text));
      } else {
        status = ErrorAt(model_.file(), key->line,
                         absl::StrCat("expected hosts, children or vars in the group ", name.text,
                                      ", found \"", key->text, "\""));
      }
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status ReadHosts(const std::string& group, const YamlNode& node) {
    auto hosts = document_.Entries(node, absl::StrCat("the hosts of ", group));
    if (!hosts.ok()) return hosts.status();
    for (const auto& [name, details] : *hosts) {
      ConnectionVars vars;
      absl::Status status = ReadVars(*details, absl::StrCat("the host ", name->text), &vars);
      if (!status.ok()) return status;
      status = model_.AddHosts(group, name->text, vars, name->line);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status ReadChildren(const std::string& group, const YamlNode& node, int depth) {
    auto children = document_.Entries(node, absl::StrCat("the children of ", group));
    if (!children.ok()) return children.status();
    for (const auto& [name, child] : *children) {
      if (absl::Status status = ReadGroup(*name, *child, depth + 1); !status.ok()) return status;
      absl::Status status = model_.AddChild(group, name->text, name->line);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status ReadVars(const YamlNode& node, absl::string_view what, ConnectionVars* vars) {
    return ReadAnsibleVars(&document_, node, what, model_.file(), vars);
  }

  YamlDocument& document_;
  AnsibleModel& model_;
};

}  // namespace

bool IsAnsibleYaml(const YamlNode& root) {
  if (root.kind != Kind::kMap) return false;
  bool entries = false;
  for (size_t i = 0; i + 1 < root.children.size(); i += 2) {
    if (!LooksLikeGroup(*root.children[i + 1])) return false;
    entries |= !root.children[i + 1]->children.empty();
  }
  return entries;
}

absl::Status ReadAnsibleYaml(YamlDocument* document, AnsibleModel* model) {
  return Reader(document, model).Read();
}

absl::Status ReadAnsibleVars(YamlDocument* document, const YamlNode& node, absl::string_view what,
                             const std::string& file, ConnectionVars* vars) {
  auto entries = document->Entries(node, what);
  if (!entries.ok()) return entries.status();
  for (const auto& [key, value] : *entries) {
    if (value->kind == Kind::kNull) continue;
    vars->Set(key->text, value->kind == Kind::kScalar ? value->text : "[...]", file, value->line);
  }
  return absl::OkStatus();
}

}  // namespace muster::service
