#include "service/targets/group_file.h"

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/targets/group_name.h"
#include "service/targets/located_error.h"

namespace muster::service {
namespace {

using Kind = YamlNode::Kind;

constexpr size_t kMaxBytes = 64 << 20;  // of all expressions; aliases can repeat them

// Reads one file. Lives for one call.
class Reader {
 public:
  explicit Reader(YamlDocument* document) : document_(*document) {}

  absl::Status Read() {
    data_.file = document_.file();
    auto sources = document_.Entries(document_.root(), "the file");
    if (!sources.ok()) return sources.status();
    for (const auto& [name, groups] : *sources) {
      if (absl::Status status = ReadSource(*name, *groups); !status.ok()) return status;
    }
    ChooseDefault(*sources);
    return absl::OkStatus();
  }

  InventoryData Take() { return std::move(data_); }

 private:
  absl::Status ReadSource(const YamlNode& name, const YamlNode& groups) {
    if (!IsGroupName(name.text) || name.text.find(':') != std::string::npos) {
      return ErrorAt(data_.file, name.line, absl::StrCat("\"", name.text, "\" ", kGroupNameRule));
    }
    if (groups.kind != Kind::kMap && groups.kind != Kind::kNull) {
      return ErrorAt(data_.file, name.line,
                     absl::StrCat("expected groups below \"", name.text,
                                  ":\", as in \"groups: {web: 'web[01-20]'}\""));
    }
    auto entries = document_.Entries(groups, absl::StrCat("the source ", name.text));
    if (!entries.ok()) return entries.status();
    InventoryData::Groups& source = data_.sources[name.text];
    for (const auto& [group, value] : *entries) {
      if (!IsGroupName(group->text)) {
        return ErrorAt(data_.file, group->line,
                       absl::StrCat("\"", group->text, "\" ", kGroupNameRule));
      }
      InventoryData::Group& definition = source[group->text];
      definition.line = group->line;
      if (absl::Status status = ReadGroup(*group, *value, &definition.expression); !status.ok()) {
        return status;
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadGroup(const YamlNode& name, const YamlNode& value, std::string* expression) {
    if (value.kind == Kind::kNull) return absl::OkStatus();
    if (value.kind == Kind::kScalar) return Append(value, expression);
    if (value.kind == Kind::kMap) return NotHosts(name, value);
    auto items = document_.Items(value);
    if (!items.ok()) return items.status();
    for (const YamlNode* item : *items) {
      if (item->kind != Kind::kScalar) return NotHosts(name, *item);
      if (absl::Status status = Append(*item, expression); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status NotHosts(const YamlNode& name, const YamlNode& value) {
    return ErrorAt(data_.file, value.line,
                   absl::StrCat("the group \"", name.text,
                                "\" needs hosts: \"web[01-20],db1\" or a list of such texts"));
  }

  absl::Status Append(const YamlNode& text, std::string* expression) {
    bytes_ += text.text.size() + 1;
    if (bytes_ > kMaxBytes) {
      return TooLargeAt(data_.file, text.line, "aliases repeat too much of the file");
    }
    absl::StrAppend(expression, expression->empty() ? "" : ",", text.text);
    return absl::OkStatus();
  }

  void ChooseDefault(const std::vector<YamlDocument::Entry>& sources) {
    for (const char* name : {"groups", "default"}) {
      if (data_.default_source.empty() && data_.sources.count(name) > 0) {
        data_.default_source = name;
      }
    }
    if (data_.default_source.empty() && !sources.empty()) {
      data_.default_source = sources.front().first->text;
    }
  }

  YamlDocument& document_;
  InventoryData data_;
  size_t bytes_ = 0;
};

}  // namespace

absl::StatusOr<InventoryData> ReadGroupFile(YamlDocument* document) {
  Reader reader(document);
  if (absl::Status status = reader.Read(); !status.ok()) return status;
  return reader.Take();
}

}  // namespace muster::service
