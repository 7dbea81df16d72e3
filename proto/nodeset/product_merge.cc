#include "proto/nodeset/product_merge.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace muster {
namespace {

using Texts = std::vector<absl::string_view>;

// Work allowed for merging, in sides of boxes looked at. Past it the boxes stay as they are.
constexpr size_t kMaxVisits = 20'000'000;

uint64_t Mix(uint64_t x) {  // the finalizer of splitmix64
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

bool NaturalLess(absl::string_view a, absl::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

// The different numbers of one dimension. A number is known by its rank in natural order.
class Axis {
 public:
  void Add(absl::string_view text) { rank_.try_emplace(text, 0); }

  // After all were added.
  void Rank() {
    texts_.reserve(rank_.size());
    for (const auto& entry : rank_) texts_.push_back(entry.first);
    std::sort(texts_.begin(), texts_.end(), NaturalLess);
    for (uint32_t i = 0; i < texts_.size(); ++i) rank_[texts_[i]] = i;
    std::vector<uint32_t> order(texts_.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(),
              [this](uint32_t a, uint32_t b) { return texts_[a] < texts_[b]; });
    place_.resize(order.size());
    for (uint32_t i = 0; i < order.size(); ++i) place_[order[i]] = i;
  }

  uint32_t rank(absl::string_view text) const { return rank_.at(text); }
  uint32_t place(uint32_t rank) const { return place_[rank]; }  // in the order of the dictionary
  const Texts& texts() const { return texts_; }

 private:
  absl::flat_hash_map<absl::string_view, uint32_t> rank_;
  Texts texts_;
  std::vector<uint32_t> place_;
};

// A set of numbers of one axis. The sum of mixed ranks identifies it, together with the rest.
struct Side {
  explicit Side(uint32_t rank) : first(rank), last(rank), sum(Mix(rank)) {}

  bool operator==(const Side& other) const {
    return sum == other.sum && first == other.first && last == other.last && count == other.count;
  }

  void Absorb(Side&& other) {  // disjoint from it
    if (ranks.empty()) ranks.push_back(first);
    if (other.ranks.empty()) other.ranks.push_back(other.first);
    ranks.insert(ranks.end(), other.ranks.begin(), other.ranks.end());
    first = std::min(first, other.first);
    last = std::max(last, other.last);
    count += other.count;
    sum += other.sum;
  }

  uint32_t first;
  uint32_t last;
  uint32_t count = 1;
  uint64_t sum;
  std::vector<uint32_t> ranks;  // empty while it is one number; in no order
};

// The boxes not merged yet, and the passes of merging. Lives for one call.
class Merger {
 public:
  Merger(size_t dimensions, absl::Span<const absl::string_view> digits,
         const std::vector<Axis>& axes)
      : dimensions_(dimensions), axes_(axes) {
    sides_.reserve(digits.size());
    for (size_t i = 0; i < digits.size(); ++i) {
      sides_.emplace_back(axes[i % dimensions].rank(digits[i]));
    }
    order_.resize(digits.size() / dimensions);
    std::iota(order_.begin(), order_.end(), 0);
  }

  // Passes over neighbours while they find something, then passes over all pairs, as ClusterShell
  // does: the order of merging decides which of several covers comes out.
  void Run() {
    bool all_pairs = false;
    while (visits_ < kMaxVisits) {
      Sort();
      const bool merged = all_pairs ? PassOverPairs() : PassOverNeighbours();
      if (!merged && all_pairs) return;
      if (!merged) all_pairs = true;
    }
    Sort();
  }

  std::vector<Product> Products() {
    std::vector<Product> products;
    products.reserve(order_.size());
    for (const uint32_t box : order_) {
      Product product;
      for (size_t d = 0; d < dimensions_; ++d) product.push_back(List(d, side(box, d)));
      products.push_back(std::move(product));
    }
    return products;
  }

 private:
  Side& side(uint32_t box, size_t dimension) { return sides_[box * dimensions_ + dimension]; }

  Texts List(size_t dimension, Side& side) {
    if (side.ranks.empty()) side.ranks.push_back(side.first);
    std::sort(side.ranks.begin(), side.ranks.end());
    Texts texts;
    for (const uint32_t rank : side.ranks) texts.push_back(axes_[dimension].texts()[rank]);
    return texts;
  }

  uint64_t Size(uint32_t box) {
    uint64_t size = 1;
    for (size_t d = 0; d < dimensions_; ++d) size *= side(box, d).count;
    return size;
  }

  // Larger boxes first, then larger sides, then by the text of the first and last number.
  bool Before(uint32_t a, uint32_t b) {
    const uint64_t size_a = Size(a), size_b = Size(b);
    if (size_a != size_b) return size_a > size_b;
    for (size_t d = 0; d < dimensions_; ++d) {
      const Side& x = side(a, d);
      const Side& y = side(b, d);
      if (x.count != y.count) return x.count > y.count;
      if (x.first != y.first) return axes_[d].place(x.first) < axes_[d].place(y.first);
      if (x.last != y.last) return axes_[d].place(x.last) < axes_[d].place(y.last);
    }
    return false;
  }

  void Sort() {
    visits_ += order_.size() * dimensions_;
    std::stable_sort(order_.begin(), order_.end(),
                     [this](uint32_t a, uint32_t b) { return Before(a, b); });
  }

  // The one dimension in which two boxes differ; `dimensions_` when there are more.
  size_t OnlyDifference(uint32_t a, uint32_t b) {
    size_t found = dimensions_;
    for (size_t d = 0; d < dimensions_; ++d) {
      if (side(a, d) == side(b, d)) continue;
      if (found != dimensions_) return dimensions_;
      found = d;
    }
    return found;
  }

  bool Merge(uint32_t into, uint32_t from) {
    const size_t d = OnlyDifference(into, from);
    if (d == dimensions_) return false;
    side(into, d).Absorb(std::move(side(from, d)));
    return true;
  }

  bool PassOverNeighbours() {
    std::vector<uint32_t> kept;
    kept.reserve(order_.size());
    for (const uint32_t box : order_) {
      if (kept.empty() || !Merge(kept.back(), box)) kept.push_back(box);
    }
    const bool merged = kept.size() < order_.size();
    order_ = std::move(kept);
    return merged;
  }

  // What boxes have in common that differ in dimension `d` alone: their sums without that one.
  uint64_t Total(uint32_t box) {
    uint64_t total = 0;
    for (size_t d = 0; d < dimensions_; ++d) total += Mix(side(box, d).sum + d);
    return total;
  }
  uint64_t KeyWithout(uint64_t total, uint32_t box, size_t d) {
    return total - Mix(side(box, d).sum + d) + Mix(~d);
  }

  using Index = std::vector<std::pair<uint64_t, uint32_t>>;  // key, position in order_; sorted

  Index IndexAll() {
    Index index;
    index.reserve(order_.size() * dimensions_);
    for (uint32_t i = 0; i < order_.size(); ++i) {
      const uint64_t total = Total(order_[i]);
      for (size_t d = 0; d < dimensions_; ++d) {
        index.emplace_back(KeyWithout(total, order_[i], d), i);
      }
    }
    std::sort(index.begin(), index.end());
    visits_ += index.size();
    return index;
  }

  // The next box behind `position` that merges with `box`; order_.size() when there is none.
  uint32_t NextPartner(const Index& index, const std::vector<bool>& gone, uint32_t box,
                       uint32_t position) {
    uint32_t next = order_.size();
    const uint64_t total = Total(box);
    visits_ += dimensions_;
    for (size_t d = 0; d < dimensions_; ++d) {
      const uint64_t key = KeyWithout(total, box, d);
      auto it = std::upper_bound(index.begin(), index.end(), std::make_pair(key, position));
      for (; it != index.end() && it->first == key && it->second < next; ++it) {
        visits_ += dimensions_;
        if (gone[it->second] || OnlyDifference(box, order_[it->second]) == dimensions_) continue;
        next = it->second;
      }
    }
    return next;
  }

  bool PassOverPairs() {
    const Index index = IndexAll();
    std::vector<bool> gone(order_.size());
    bool merged = false;
    for (uint32_t i = 0; i < order_.size() && visits_ < kMaxVisits; ++i) {
      if (gone[i]) continue;
      uint32_t next = i;
      while ((next = NextPartner(index, gone, order_[i], next)) < order_.size()) {
        gone[next] = merged = Merge(order_[i], order_[next]);
      }
    }
    Drop(gone);
    return merged;
  }

  void Drop(const std::vector<bool>& gone) {
    std::vector<uint32_t> kept;
    for (size_t i = 0; i < order_.size(); ++i) {
      if (!gone[i]) kept.push_back(order_[i]);
    }
    order_ = std::move(kept);
  }

  // Constant after construction.
  const size_t dimensions_;
  const std::vector<Axis>& axes_;

  std::vector<Side> sides_;      // of all boxes, `dimensions_` each
  std::vector<uint32_t> order_;  // the boxes that are left
  size_t visits_ = 0;
};

}  // namespace

std::vector<Product> MergeIntoProducts(size_t dimensions,
                                       absl::Span<const absl::string_view> digits) {
  std::vector<Axis> axes(dimensions);
  for (size_t i = 0; i < digits.size(); ++i) axes[i % dimensions].Add(digits[i]);
  size_t volume = 1;
  const size_t tuples = digits.size() / dimensions;
  for (Axis& axis : axes) {
    axis.Rank();
    if (volume <= tuples) volume *= axis.texts().size();
  }
  if (volume != tuples) {
    Merger merger(dimensions, digits, axes);
    merger.Run();
    return merger.Products();
  }
  Product whole;  // the common case: every combination is there
  for (const Axis& axis : axes) whole.push_back(axis.texts());
  return {std::move(whole)};
}

}  // namespace muster
