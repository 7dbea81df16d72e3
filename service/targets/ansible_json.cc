#include "service/targets/ansible_json.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "proto/nodeset/target.h"
#include "service/targets/located_error.h"

namespace muster::service {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;

constexpr absl::string_view kMeta = "_meta";
constexpr double kMaxExact = 9007199254740992;  // of whole numbers

// In an order that does not change.
std::map<absl::string_view, const Value*> Sorted(const Struct& object) {
  std::map<absl::string_view, const Value*> fields;
  for (const auto& field : object.fields()) fields[field.first] = &field.second;
  return fields;
}

// Ansible has strings that are no templates so: {"__ansible_unsafe": "text"}.
const Value& Unwrapped(const Value& value) {
  if (!value.has_struct_value() || value.struct_value().fields_size() != 1) return value;
  const auto it = value.struct_value().fields().find("__ansible_unsafe");
  return it == value.struct_value().fields().end() ? value : it->second;
}

std::string NumberText(double number) {
  if (std::trunc(number) != number || std::fabs(number) > kMaxExact) return absl::StrCat(number);
  return absl::StrCat(static_cast<int64_t>(number));
}

std::string TextOf(const Value& value) {
  switch (value.kind_case()) {
    case Value::kStringValue:
      return value.string_value();
    case Value::kNumberValue:
      return NumberText(value.number_value());
    case Value::kBoolValue:
      return value.bool_value() ? "true" : "false";
    default:
      return "[...]";
  }
}

// Reads what one program wrote. Lives for one call.
class Reader {
 public:
  explicit Reader(AnsibleModel* model) : model_(*model) {}

  absl::Status Read(const Struct& root) {
    const auto entries = Sorted(root);
    for (const auto& [name, group] : entries) {  // all of them first: they name each other
      if (name == kMeta) continue;
      if (absl::Status status = model_.AddGroup(name, 0); !status.ok()) return status;
    }
    for (const auto& [name, group] : entries) {
      if (name == kMeta) continue;
      if (absl::Status status = ReadGroup(std::string(name), *group); !status.ok()) return status;
    }
    return ReadMeta(root);
  }

 private:
  absl::Status Error(absl::string_view message) { return ErrorAt(model_.file(), 0, message); }

  absl::Status ReadGroup(const std::string& name, const Value& group) {
    if (group.has_list_value()) return ReadHosts(name, group);
    if (!group.has_struct_value()) {
      return Error(absl::StrCat("the group ", name, " is neither an object nor a list of hosts"));
    }
    for (const auto& [key, value] : Sorted(group.struct_value())) {
      if (absl::Status status = ReadPart(name, key, *value); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status ReadPart(const std::string& group, absl::string_view key, const Value& value) {
    if (key == "hosts") return ReadHosts(group, value);
    if (key == "children") return ReadChildren(group, value);
    if (key == "vars") {
      return ReadVars(absl::StrCat("the variables of ", group), value, &model_.GroupVars(group));
    }
    return Error(absl::StrCat("expected hosts, children or vars in the group ", group, ", found \"",
                              key, "\""));
  }

  absl::StatusOr<std::vector<std::string>> NamesIn(const std::string& what, const Value& value) {
    std::vector<std::string> names;
    if (value.has_null_value()) return names;
    if (!value.has_list_value()) return Error(absl::StrCat(what, " are no list"));
    for (const Value& entry : value.list_value().values()) {
      const Value& name = Unwrapped(entry);
      if (!name.has_string_value()) return Error(absl::StrCat(what, " have to be names"));
      names.push_back(name.string_value());
    }
    return names;
  }

  absl::Status ReadHosts(const std::string& group, const Value& value) {
    auto names = NamesIn(absl::StrCat("the hosts of ", group), value);
    if (!names.ok()) return names.status();
    for (const std::string& name : *names) {
      const absl::StatusOr<Target> host = ParseTarget(name);
      if (!host.ok() || !host->user.empty() || host->port != 0) {
        return Error(absl::StrCat("\"", name, "\" in the group ", group,
                                  " is no name of a host; name it otherwise, and say where it is "
                                  "by ansible_host"));
      }
      absl::Status status = model_.AddHosts(group, name, ConnectionVars(), 0);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status ReadChildren(const std::string& group, const Value& value) {
    auto names = NamesIn(absl::StrCat("the children of ", group), value);
    if (!names.ok()) return names.status();
    for (const std::string& name : *names) {
      absl::Status status = model_.AddGroup(name, 0);
      if (status.ok()) status = model_.AddChild(group, name, 0);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status ReadMeta(const Struct& root) {
    const auto meta = root.fields().find(std::string(kMeta));
    if (meta == root.fields().end()) {
      return Error(
          "there is no \"_meta\", so Ansible would ask --host HOST for each, which Muster does "
          "not; have it write {\"_meta\": {\"hostvars\": {...}}} with --list");
    }
    const auto& fields = meta->second.struct_value().fields();
    const auto vars = fields.find("hostvars");
    return vars == fields.end() ? absl::OkStatus() : ReadHostVars(vars->second);
  }

  // Those of hosts that are in no group are nobody's, as for Ansible.
  absl::Status ReadHostVars(const Value& hosts) {
    if (!hosts.has_struct_value()) return Error("_meta.hostvars is no object");
    for (const auto& [name, vars] : Sorted(hosts.struct_value())) {
      ConnectionVars* const own = model_.HostVars(std::string(name));
      if (own == nullptr) continue;
      absl::Status status = ReadVars(absl::StrCat("the variables of ", name), *vars, own);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status ReadVars(const std::string& what, const Value& value, ConnectionVars* vars) {
    if (!value.has_struct_value()) return Error(absl::StrCat(what, " are no object"));
    for (const auto& field : value.struct_value().fields()) {
      const Value& said = Unwrapped(field.second);
      if (!said.has_null_value()) vars->Set(field.first, TextOf(said), model_.file(), 0);
    }
    return absl::OkStatus();
  }

  AnsibleModel& model_;
};

}  // namespace

absl::Status ReadAnsibleJson(const std::string& json, AnsibleModel* model) {
  Struct root;
  const auto parsed = google::protobuf::util::JsonStringToMessage(json, &root);
  if (parsed.ok()) return Reader(model).Read(root);
  const absl::string_view why(parsed.message().data(), parsed.message().size());
  return ErrorAt(
      model->file(), 0,
      absl::StrCat("it wrote no JSON object: ", absl::StrReplaceAll(why, {{"\n", " "}})));
}

}  // namespace muster::service
