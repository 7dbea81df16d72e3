// Covers a set of tuples with few products, the way ClusterShell does: r1n1, r1n2, r2n1, r2n2, r3n1
// become r[1-2]n[1-2], r3n1.
#ifndef PROTO_NODESET_PRODUCT_MERGE_H_
#define PROTO_NODESET_PRODUCT_MERGE_H_

#include <cstddef>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace muster {

// Per dimension its numbers as written, shorter ones first, then by value: 1, 2, 10, 001.
using Product = std::vector<std::vector<absl::string_view>>;

// `digits` holds the tuples one after the other, `dimensions` (at least 1) texts each; no tuple
// twice. The products are disjoint, and in ClusterShell's order. The texts are borrowed.
std::vector<Product> MergeIntoProducts(size_t dimensions,
                                       absl::Span<const absl::string_view> digits);

}  // namespace muster

#endif  // PROTO_NODESET_PRODUCT_MERGE_H_
