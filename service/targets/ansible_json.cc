#include "service/targets/ansible_json.h"

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "service/targets/ansible_yaml.h"
#include "service/targets/located_error.h"

namespace muster::service {
namespace {

using Kind = YamlNode::Kind;

constexpr absl::string_view kMeta = "_meta";

// Reads what one program wrote. Lives for one call.
class Reader {
 public:
  Reader(YamlDocument* document, AnsibleModel* model) : document_(*document), model_(*model) {}

  absl::Status Read() {
    auto entries = document_.Entries(document_.root(), "the inventory's output");
    if (!entries.ok()) return entries.status();
    const YamlNode* meta = nullptr;
    // All groups first: they name each other.
    for (const auto& [name, value] : *entries) {
      if (name->text == kMeta) {
        meta = value;
      } else if (absl::Status status = model_.AddGroup(name->text, name->line); !status.ok()) {
        return status;
      }
    }
    for (const auto& [name, value] : *entries) {
      if (name->text == kMeta) continue;
      if (absl::Status status = ReadGroup(name->text, *value); !status.ok()) return status;
    }
    return ReadMeta(meta);
  }

 private:
  absl::Status Error(const YamlNode& node, absl::string_view message) {
    return ErrorAt(model_.file(), node.line, message);
  }

  absl::Status ReadGroup(const std::string& name, const YamlNode& value) {
    if (value.kind == Kind::kSequence) return ReadHosts(name, value);
    auto entries = document_.Entries(value, absl::StrCat("the group ", name));
    if (!entries.ok()) return entries.status();
    for (const auto& [key, part] : *entries) {
      absl::Status status;
      if (key->text == "hosts") {
        status = ReadHosts(name, *part);
      } else if (key->text == "children") {
        status = ReadChildren(name, *part);
      } else if (key->text == "vars") {
        status = ReadAnsibleVars(&document_, *part, absl::StrCat("the variables of ", name),
                                 model_.file(), &model_.GroupVars(name));
      } else {
        status = Error(*key, absl::StrCat("expected hosts, children or vars in the group ", name,
                                          ", found \"", key->text, "\""));
      }
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<const YamlNode*>> NamesIn(const YamlNode& list,
                                                       const std::string& what) {
    if (list.kind == Kind::kNull) return std::vector<const YamlNode*>();
    if (list.kind != Kind::kSequence) return Error(list, absl::StrCat(what, " are no list"));
    auto names = document_.Items(list);
    if (!names.ok()) return names;
    for (const YamlNode* name : *names) {
      if (name->kind != Kind::kScalar) return Error(*name, absl::StrCat(what, " have to be names"));
    }
    return names;
  }

  absl::Status ReadHosts(const std::string& group, const YamlNode& list) {
    auto names = NamesIn(list, absl::StrCat("the hosts of ", group));
    if (!names.ok()) return names.status();
    for (const YamlNode* name : *names) {
      absl::Status status = model_.AddHosts(group, name->text, ConnectionVars(), name->line);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status ReadChildren(const std::string& group, const YamlNode& list) {
    auto names = NamesIn(list, absl::StrCat("the children of ", group));
    if (!names.ok()) return names.status();
    for (const YamlNode* name : *names) {
      absl::Status status = model_.AddGroup(name->text, name->line);
      if (status.ok()) status = model_.AddChild(group, name->text, name->line);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status ReadMeta(const YamlNode* meta) {
    if (meta == nullptr) {
      return Error(document_.root(),
                   "the output has no \"_meta\", so Ansible would ask --host HOST for each, which "
                   "Muster does not; have it write {\"_meta\": {\"hostvars\": {...}}} with --list");
    }
    auto entries = document_.Entries(*meta, "_meta");
    if (!entries.ok()) return entries.status();
    for (const auto& [key, value] : *entries) {
      if (key->text != "hostvars") continue;
      if (absl::Status status = ReadHostVars(*value); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  // Those of hosts that are in no group are nobody's, as for Ansible.
  absl::Status ReadHostVars(const YamlNode& node) {
    auto hosts = document_.Entries(node, "hostvars");
    if (!hosts.ok()) return hosts.status();
    for (const auto& [name, vars] : *hosts) {
      ConnectionVars* const own = model_.HostVars(name->text);
      if (own == nullptr) continue;
      absl::Status status = ReadAnsibleVars(
          &document_, *vars, absl::StrCat("the variables of ", name->text), model_.file(), own);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  YamlDocument& document_;
  AnsibleModel& model_;
};

}  // namespace

absl::Status ReadAnsibleJson(YamlDocument* document, AnsibleModel* model) {
  return Reader(document, model).Read();
}

}  // namespace muster::service
