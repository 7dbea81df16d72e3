#include "proto/nodeset/name_folder.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace muster {
namespace {

using Texts = std::vector<absl::string_view>;

bool IsAddress(absl::string_view host) { return host.find(':') != absl::string_view::npos; }

// "web01-ib2" gives texts "web", "-ib", "" and digits "01", "2".
void SplitNumbers(absl::string_view host, Texts* texts, Texts* digits) {
  if (IsAddress(host)) {
    texts->push_back(host);
    return;
  }
  while (true) {
    const auto digit = std::find_if(host.begin(), host.end(), absl::ascii_isdigit);
    texts->push_back(host.substr(0, digit - host.begin()));
    if (digit == host.end()) return;
    const auto end = std::find_if_not(digit, host.end(), absl::ascii_isdigit);
    digits->push_back(host.substr(digit - host.begin(), end - digit));
    host.remove_prefix(end - host.begin());
  }
}

// ClusterShell sorts by this text, so its spelling matters.
std::string FormText(const Target& target, const Texts& texts) {
  std::string form;
  if (!target.user.empty()) absl::StrAppend(&form, target.user, "@");
  absl::StrAppend(&form, IsAddress(target.host) ? "[" : "", texts[0]);
  for (size_t i = 1; i < texts.size(); ++i) absl::StrAppend(&form, "%s", texts[i]);
  absl::StrAppend(&form, IsAddress(target.host) ? "]" : "");
  if (target.port != 0) absl::StrAppend(&form, ":", target.port);
  return form;
}

// The number behind one written in decimal, keeping its zeros: 09 gives 10, 99 gives 100.
std::string Successor(absl::string_view number) {
  std::string next(number);
  size_t i = next.size();
  while (i > 0 && next[i - 1] == '9') next[--i] = '0';
  if (i > 0) {
    ++next[i - 1];
  } else {
    next.insert(next.begin(), '1');
  }
  return next;
}

// How many numbers from `begin` on follow each other without a change of padding.
size_t RunLength(const Texts& numbers, size_t begin) {
  const absl::string_view first = numbers[begin];
  const bool padded = first.size() > 1 && first[0] == '0';
  size_t end = begin + 1;
  while (end < numbers.size() && (!padded || numbers[end].size() == first.size()) &&
         numbers[end] == Successor(numbers[end - 1])) {
    ++end;
  }
  return end - begin;
}

void AppendRanges(const Texts& numbers, std::string* folded) {
  if (numbers.size() == 1) {
    absl::StrAppend(folded, numbers[0]);
    return;
  }
  absl::StrAppend(folded, "[");
  for (size_t i = 0; i < numbers.size();) {
    const size_t length = RunLength(numbers, i);
    absl::StrAppend(folded, i > 0 ? "," : "", numbers[i]);
    if (length > 1) absl::StrAppend(folded, "-", numbers[i + length - 1]);
    i += length;
  }
  absl::StrAppend(folded, "]");
}

void ExpandProduct(const Target& example, const Texts& texts, const Product& product,
                   size_t dimension, std::string* host, std::vector<Target>* targets) {
  const size_t size = host->size();
  absl::StrAppend(host, texts[dimension]);
  if (dimension == product.size()) {
    targets->push_back({example.user, *host, example.port});
  } else {
    const size_t base = host->size();
    for (const absl::string_view number : product[dimension]) {
      absl::StrAppend(host, number);
      ExpandProduct(example, texts, product, dimension + 1, host, targets);
      host->resize(base);
    }
  }
  host->resize(size);
}

}  // namespace

void NameFolder::Add(const Target& target) {
  Texts texts, digits;
  SplitNumbers(target.host, &texts, &digits);
  const auto [it, added] = forms_.try_emplace(FormText(target, texts));
  Form& form = it->second;
  if (added) {
    form.example = &target;
    form.texts = std::move(texts);
  }
  form.digits.insert(form.digits.end(), digits.begin(), digits.end());
}

void NameFolder::AddText(absl::string_view text) {
  forms_.try_emplace(std::string(text), Form{nullptr, {text}, {}});
}

std::vector<const NameFolder::Entry*> NameFolder::SortedForms() const {
  std::vector<const Entry*> sorted;
  sorted.reserve(forms_.size());
  for (const Entry& entry : forms_) sorted.push_back(&entry);
  std::sort(sorted.begin(), sorted.end(),
            [](const Entry* a, const Entry* b) { return a->first < b->first; });
  return sorted;
}

std::vector<Product> NameFolder::Products(const Form& form) {
  if (form.digits.empty()) return {Product()};
  return MergeIntoProducts(form.texts.size() - 1, form.digits);
}

void NameFolder::ExpandForm(const Form& form, std::vector<Target>* targets) {
  std::string host;
  for (const Product& product : Products(form)) {
    ExpandProduct(*form.example, form.texts, product, 0, &host, targets);
  }
}

std::vector<Target> NameFolder::Expand() const {
  std::vector<Target> targets;
  for (const Entry* entry : SortedForms()) {
    if (entry->second.example != nullptr) ExpandForm(entry->second, &targets);
  }
  return targets;
}

void NameFolder::FoldForm(const Form& form, std::string* folded) {
  const bool address = form.example != nullptr && IsAddress(form.example->host);
  for (const Product& product : Products(form)) {
    if (!folded->empty()) absl::StrAppend(folded, ",");
    if (form.example != nullptr && !form.example->user.empty()) {
      absl::StrAppend(folded, form.example->user, "@");
    }
    absl::StrAppend(folded, address ? "[" : "", form.texts[0]);
    for (size_t d = 0; d < product.size(); ++d) {
      AppendRanges(product[d], folded);
      absl::StrAppend(folded, form.texts[d + 1]);
    }
    absl::StrAppend(folded, address ? "]" : "");
    if (form.example != nullptr && form.example->port != 0) {
      absl::StrAppend(folded, ":", form.example->port);
    }
  }
}

std::string NameFolder::Fold() const {
  std::string folded;
  for (const Entry* entry : SortedForms()) FoldForm(entry->second, &folded);
  return folded;
}

}  // namespace muster
