// Puts names in order and folds them.
#ifndef PROTO_NODESET_NAME_FOLDER_H_
#define PROTO_NODESET_NAME_FOLDER_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "proto/nodeset/product_merge.h"
#include "proto/nodeset/target.h"

namespace muster {

// Groups names that differ in nothing but their numbers. Lives for one call, on its thread; memory
// is some 60 bytes for each number in a name.
class NameFolder {
 public:
  // No target twice. Borrowed: both outlive the folder.
  void Add(const Target& target);
  void AddText(absl::string_view text);  // what is no target folds to itself

  // All targets, ordered as `nodeset -e` does.
  std::vector<Target> Expand() const;

  // As `nodeset -f` does.
  std::string Fold() const;

 private:
  // All names of one form: "web%s-ib%s".
  struct Form {
    const Target* example;                  // for user and port; null for a text that is no target
    std::vector<absl::string_view> texts;   // around the numbers: one more than there are numbers
    std::vector<absl::string_view> digits;  // of all names, one after the other
  };

  using Entry = std::pair<const std::string, Form>;

  std::vector<const Entry*> SortedForms() const;
  static std::vector<Product> Products(const Form& form);
  static void ExpandForm(const Form& form, std::vector<Target>* targets);
  static void FoldForm(const Form& form, std::string* folded);

  absl::flat_hash_map<std::string, Form> forms_;  // by the form's text, which sorts them
};

}  // namespace muster

#endif  // PROTO_NODESET_NAME_FOLDER_H_
