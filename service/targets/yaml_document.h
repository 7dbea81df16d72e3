// A YAML file in memory, within limits.
#ifndef SERVICE_TARGETS_YAML_DOCUMENT_H_
#define SERVICE_TARGETS_YAML_DOCUMENT_H_

#include <cstddef>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace muster::service {

// A value of the document. Aliases share nodes, so walking all ways through a document can take
// exponential time: readers walk with YamlDocument::Entries and Items, which count.
struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMap };
  Kind kind = Kind::kNull;
  std::string text;                       // of a scalar
  int line = 0;                           // from 1
  std::vector<const YamlNode*> children;  // items; keys and values in turn
};

// The first document of a file. Built from the parser's events rather than with yaml-cpp's own
// nodes, which take some 450 bytes each. Owns its nodes. Not thread-safe.
class YamlDocument {
 public:
  using Entry = std::pair<const YamlNode*, const YamlNode*>;  // the key is a scalar

  // INVALID_ARGUMENT with FILE:LINE; RESOURCE_EXHAUSTED past a million nodes.
  static absl::StatusOr<YamlDocument> Parse(absl::string_view content, std::string file);

  const std::string& file() const { return file_; }
  const YamlNode& root() const { return *root_; }

  // The entries of a map (none for null), those of its merge keys ("<<") included. Errors: not a
  // map, a key twice or one that is no scalar, more visits than an honest file needs. `what` says
  // what the node is, for messages: "the group web".
  absl::StatusOr<std::vector<Entry>> Entries(const YamlNode& node, absl::string_view what);

  // The items of a sequence.
  absl::StatusOr<std::vector<const YamlNode*>> Items(const YamlNode& node);

 private:
  explicit YamlDocument(std::string file) : file_(std::move(file)) {}

  absl::Status Visit(const YamlNode& node);
  absl::Status AddEntries(const YamlNode& node, absl::string_view what, int depth,
                          std::vector<Entry>* own, std::vector<Entry>* merged);
  absl::Status AddMerged(const YamlNode& node, absl::string_view what, int depth,
                         std::vector<Entry>* merged);

  std::string file_;
  std::deque<YamlNode> nodes_;
  const YamlNode* root_ = nullptr;
  size_t visits_ = 0;
};

}  // namespace muster::service

#endif  // SERVICE_TARGETS_YAML_DOCUMENT_H_
