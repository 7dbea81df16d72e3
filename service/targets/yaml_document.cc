#include "service/targets/yaml_document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <sstream>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "service/targets/located_error.h"

namespace muster::service {
namespace {

constexpr size_t kMaxNodes = 1'000'000;
constexpr size_t kMaxVisits = 4 * kMaxNodes;
constexpr int kMaxMergeDepth = 16;

// Builds nodes from the parser's events. Keeps the first problem and drops what comes after it: the
// parser cannot be stopped, but is linear.
class Builder : public YAML::EventHandler {
 public:
  explicit Builder(std::deque<YamlNode>* nodes) : nodes_(nodes) {}

  const YamlNode* root() const { return root_; }
  bool too_large() const { return too_large_; }
  int bad_alias_line() const { return bad_alias_line_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Leaf(mark, anchor, YamlNode::Kind::kNull, "");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    // The tag "?" marks a plain scalar; those spelled like this are null.
    const bool null = tag == "?" && (text == "~" || text == "null" || text.empty());
    Leaf(mark, anchor, null ? YamlNode::Kind::kNull : YamlNode::Kind::kScalar, text);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto it = anchors_.find(anchor);
    if (it != anchors_.end()) {
      Attach(it->second);
    } else if (bad_alias_line_ == 0) {
      bad_alias_line_ = mark.line + 1;  // within the node that it stands for
    }
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(mark, anchor, YamlNode::Kind::kSequence);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(mark, anchor, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Unfinished {
    YamlNode* node;
    YAML::anchor_t anchor;
  };

  YamlNode* Add(const YAML::Mark& mark, YamlNode::Kind kind) {
    too_large_ |= nodes_->size() >= kMaxNodes;
    if (too_large_ && !nodes_->empty()) return nullptr;
    nodes_->emplace_back();
    nodes_->back().kind = kind;
    nodes_->back().line = mark.line + 1;
    return &nodes_->back();
  }

  void Leaf(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Kind kind,
            const std::string& text) {
    YamlNode* node = Add(mark, kind);
    if (node == nullptr) return;
    node->text = text;
    if (anchor != 0) anchors_[anchor] = node;
    Attach(node);
  }

  void Open(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Kind kind) {
    open_.push_back({Add(mark, kind), anchor});
  }

  // Anchors count from the end of their node, so that no node holds itself.
  void Close() {
    const Unfinished done = open_.back();
    open_.pop_back();
    if (done.node == nullptr) return;
    if (done.anchor != 0) anchors_[done.anchor] = done.node;
    Attach(done.node);
  }

  void Attach(const YamlNode* node) {
    if (open_.empty()) {
      root_ = node;
    } else if (open_.back().node != nullptr) {
      if (++attached_ > 2 * kMaxNodes) {
        too_large_ = true;
      } else {
        open_.back().node->children.push_back(node);
      }
    }
  }

  std::deque<YamlNode>* const nodes_;
  const YamlNode* root_ = nullptr;
  std::vector<Unfinished> open_;
  std::map<YAML::anchor_t, const YamlNode*> anchors_;
  size_t attached_ = 0;
  bool too_large_ = false;
  int bad_alias_line_ = 0;
};

// yaml-cpp reports by exception; they end here.
absl::Status RunParser(absl::string_view content, const std::string& file, Builder* builder) {
  try {
    std::istringstream stream{std::string(content)};
    YAML::Parser parser(stream);
    parser.HandleNextDocument(*builder);
  } catch (const YAML::Exception& e) {
    return ErrorAt(file, e.mark.line + 1, absl::StrCat("not YAML: ", e.msg));
  } catch (const std::exception& e) {
    return absl::InvalidArgumentError(absl::StrCat(file, ": not YAML: ", e.what()));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<YamlDocument> YamlDocument::Parse(absl::string_view content, std::string file) {
  YamlDocument document(std::move(file));
  Builder builder(&document.nodes_);
  absl::Status status = RunParser(content, document.file_, &builder);
  if (!status.ok()) return status;
  if (builder.too_large()) {
    return absl::ResourceExhaustedError(
        absl::StrCat(document.file_, ": more than ", kMaxNodes, " values"));
  }
  if (builder.bad_alias_line() != 0) {
    return ErrorAt(document.file_, builder.bad_alias_line(), "an alias within what it stands for");
  }
  document.root_ = builder.root();
  if (document.root_ == nullptr) {
    document.nodes_.emplace_back();
    document.nodes_.back().line = 1;
    document.root_ = &document.nodes_.back();
  }
  return document;
}

absl::Status YamlDocument::Visit(const YamlNode& node) {
  visits_ += 1 + node.children.size();
  if (visits_ <= kMaxVisits) return absl::OkStatus();
  return TooLargeAt(file_, node.line, "aliases repeat too much of the file");
}

absl::StatusOr<std::vector<YamlDocument::Entry>> YamlDocument::Entries(const YamlNode& node,
                                                                       absl::string_view what) {
  std::vector<Entry> own, merged;
  absl::Status status = AddEntries(node, what, 0, &own, &merged);
  if (!status.ok()) return status;
  absl::flat_hash_map<absl::string_view, int> lines;
  for (const Entry& entry : own) {
    const auto [it, added] = lines.try_emplace(entry.first->text, entry.first->line);
    if (added) continue;
    return ErrorAt(file_, entry.first->line,
                   absl::StrCat("\"", entry.first->text, "\" is defined twice in ", what,
                                ", first in line ", it->second));
  }
  for (const Entry& entry : merged) {
    if (lines.try_emplace(entry.first->text, entry.first->line).second) own.push_back(entry);
  }
  return own;
}

absl::Status YamlDocument::AddEntries(const YamlNode& node, absl::string_view what, int depth,
                                      std::vector<Entry>* own, std::vector<Entry>* merged) {
  if (absl::Status status = Visit(node); !status.ok()) return status;
  if (node.kind == YamlNode::Kind::kNull) return absl::OkStatus();
  if (node.kind != YamlNode::Kind::kMap) {
    return ErrorAt(file_, node.line, absl::StrCat("expected \"key: value\" lines in ", what));
  }
  for (size_t i = 0; i + 1 < node.children.size(); i += 2) {
    const YamlNode* key = node.children[i];
    const YamlNode* value = node.children[i + 1];
    if (key->kind != YamlNode::Kind::kScalar) {
      return ErrorAt(file_, key->line, absl::StrCat("a name is missing in ", what));
    }
    if (key->text != "<<") {
      own->emplace_back(key, value);
    } else if (absl::Status status = AddMerged(*value, what, depth + 1, merged); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

absl::Status YamlDocument::AddMerged(const YamlNode& node, absl::string_view what, int depth,
                                     std::vector<Entry>* merged) {
  if (depth > kMaxMergeDepth) return TooLargeAt(file_, node.line, "merge keys nested too deep");
  if (node.kind != YamlNode::Kind::kSequence) return AddEntries(node, what, depth, merged, merged);
  absl::StatusOr<std::vector<const YamlNode*>> items = Items(node);
  if (!items.ok()) return items.status();
  for (const YamlNode* item : *items) {
    if (absl::Status status = AddEntries(*item, what, depth, merged, merged); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<const YamlNode*>> YamlDocument::Items(const YamlNode& node) {
  if (absl::Status status = Visit(node); !status.ok()) return status;
  return node.children;
}

}  // namespace muster::service
