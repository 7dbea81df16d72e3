#include "service/targets/ansible_ini.h"

#include <cstddef>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "service/targets/ansible_model.h"
#include "service/targets/located_error.h"
#include "service/targets/shell_words.h"

namespace muster::service {
namespace {

constexpr size_t kNpos = absl::string_view::npos;

absl::string_view Unquoted(absl::string_view text) {
  const bool quoted = text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
                      text.back() == text.front();
  return quoted ? text.substr(1, text.size() - 2) : text;
}

// Reads one file, line by line. Lives for one call.
class Reader {
 public:
  explicit Reader(AnsibleModel* model) : model_(*model) {}

  absl::Status Read(absl::string_view content) {
    if (absl::Status status = model_.AddGroup(group_, 1); !status.ok()) return status;
    for (const absl::string_view line : absl::StrSplit(content, '\n')) {
      ++line_;
      if (absl::Status status = ReadLine(absl::StripAsciiWhitespace(line)); !status.ok()) {
        return status;
      }
    }
    return AddLaterLines();
  }

 private:
  enum class Section { kHosts, kChildren, kVars };
  struct Later {  // what may name groups that are defined further down
    Section section;
    std::string group;
    std::string text;
    int line;
  };

  absl::Status Error(absl::string_view message) { return ErrorAt(model_.file(), line_, message); }

  absl::Status ReadLine(absl::string_view line) {
    if (line.empty() || line[0] == '#' || line[0] == ';') return absl::OkStatus();
    // "[web]" is a section, "[2001:db8::1] ansible_port=22" and "[1:3].example.com" are hosts.
    const absl::string_view bare = absl::StripAsciiWhitespace(line.substr(0, line.find('#')));
    if (bare.front() == '[' && bare.back() == ']') return ReadSection(bare);
    if (section_ == Section::kHosts) return ReadHost(line);
    later_.push_back({section_, group_, std::string(line), line_});
    return absl::OkStatus();
  }

  absl::Status ReadSection(absl::string_view line) {
    const absl::string_view title = absl::StripAsciiWhitespace(line.substr(1, line.size() - 2));
    const size_t colon = title.rfind(':');
    const absl::string_view kind = colon == kNpos ? "hosts" : title.substr(colon + 1);
    group_ = std::string(title.substr(0, colon));
    if (kind == "hosts") {
      section_ = Section::kHosts;
    } else if (kind == "children") {
      section_ = Section::kChildren;
    } else if (kind == "vars") {
      section_ = Section::kVars;
      later_.push_back({section_, group_, "", line_});
      return absl::OkStatus();  // does not define the group
    } else {
      return Error(absl::StrCat(line, ": expected [GROUP], [GROUP:children] or [GROUP:vars]"));
    }
    return model_.AddGroup(group_, line_);
  }

  absl::Status ReadHost(absl::string_view line) {
    const auto found = SplitShellWords(line, /*comments=*/true);
    if (!found.has_value()) return Error("a quote is not closed");
    const std::vector<std::string>& words = *found;
    ConnectionVars vars;
    for (size_t i = 1; i < words.size(); ++i) {
      const size_t equals = words[i].find('=');
      if (equals == kNpos || equals == 0) {
        return Error(absl::StrCat("expected key=value behind the host, found \"", words[i], "\""));
      }
      vars.Set(absl::string_view(words[i]).substr(0, equals),
               absl::string_view(words[i]).substr(equals + 1), model_.file(), line_);
    }
    return model_.AddHosts(group_, words[0], vars, line_);
  }

  absl::Status AddLaterLines() {
    for (const Later& later : later_) {
      line_ = later.line;
      absl::Status status = later.section == Section::kVars ? AddVar(later) : AddChild(later);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status AddChild(const Later& later) {
    const auto words = SplitShellWords(later.text, /*comments=*/true);
    if (!words.has_value() || words->size() != 1) return Error("expected the name of one group");
    return model_.AddChild(later.group, words->front(), later.line);
  }

  absl::Status AddVar(const Later& later) {
    if (later.group == "all") {
      if (absl::Status status = model_.AddGroup("all", later.line); !status.ok()) return status;
    } else if (!model_.HasGroup(later.group)) {
      return Error(
          absl::StrCat("variables for the group \"", later.group, "\", which is not defined"));
    }
    if (later.text.empty()) return absl::OkStatus();
    const size_t equals = later.text.find('=');
    if (equals == kNpos) return Error("expected key=value");
    const absl::string_view text = later.text;
    model_.GroupVars(later.group)
        .Set(absl::StripAsciiWhitespace(text.substr(0, equals)),
             Unquoted(absl::StripAsciiWhitespace(text.substr(equals + 1))), model_.file(),
             later.line);
    return absl::OkStatus();
  }

  AnsibleModel& model_;
  Section section_ = Section::kHosts;
  std::string group_ = "ungrouped";  // what lines before the first section belong to
  int line_ = 0;
  std::vector<Later> later_;
};

}  // namespace

absl::Status ReadAnsibleIni(absl::string_view content, AnsibleModel* model) {
  return Reader(model).Read(content);
}

}  // namespace muster::service
