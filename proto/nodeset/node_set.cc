#include "proto/nodeset/node_set.h"

#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "proto/nodeset/evaluator.h"
#include "proto/nodeset/name_folder.h"

namespace muster {

absl::StatusOr<std::vector<Target>> ParseNodeSet(absl::string_view expression,
                                                 const NodeSetOptions& options) {
  if (expression.size() > kMaxExpressionBytes) {
    return absl::ResourceExhaustedError(absl::StrCat("the target expression has ",
                                                     expression.size(), " bytes, the limit is ",
                                                     kMaxExpressionBytes));
  }
  return Evaluator(options).Evaluate(expression);
}

std::string FoldNodeSet(absl::Span<const std::string> names) {
  NameFolder folder;
  std::vector<Target> targets;
  targets.reserve(names.size());  // the folder borrows them: they must not move
  absl::flat_hash_set<absl::string_view> seen;
  for (const std::string& name : names) {
    if (!seen.insert(name).second) continue;
    absl::StatusOr<Target> target = ParseTarget(name);
    if (target.ok() && FormatTarget(*target) == name) {
      targets.push_back(*std::move(target));
      folder.Add(targets.back());
    } else {
      folder.AddText(name);
    }
  }
  return folder.Fold();
}

}  // namespace muster
