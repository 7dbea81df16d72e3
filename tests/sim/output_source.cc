#include "tests/sim/output_source.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace muster::sim {
namespace {

constexpr char kFiller[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

std::string FirstLine(Address address) {
  std::string line = absl::StrCat(FormatAddress(address), " 0000000001 ", kFiller);
  line.resize(AddressLines::kLineBytes - 1);
  line.push_back('\n');
  return line;
}

}  // namespace

AddressLines::AddressLines(Address address, uint64_t bytes)
    : left_(bytes),
      line_(FirstLine(address)),
      last_digit_(FormatAddress(address).size() + sizeof("0000000001") - 1) {}

void AddressLines::NextLine() {
  at_ = 0;
  for (size_t i = last_digit_; ++line_[i] > '9'; --i) line_[i] = '0';
}

void AddressLines::Append(size_t limit, std::string* out) {
  size_t bytes = std::min<uint64_t>(limit, left_);
  if (left_ != kEndless) left_ -= bytes;
  while (bytes > 0) {
    const size_t part = std::min(bytes, kLineBytes - at_);
    out->append(line_, at_, part);
    bytes -= part;
    at_ += part;
    if (at_ == kLineBytes) NextLine();
  }
}

void Numbers::Append(size_t limit, std::string* out) {
  const size_t end = out->size() + limit;
  out->append(rest_);
  while (out->size() < end && next_ <= count_) absl::StrAppend(out, next_++, "\n");
  const size_t kept = std::min(out->size(), end);
  rest_.assign(*out, kept, std::string::npos);
  out->resize(kept);
}

void Literal::Append(size_t limit, std::string* out) {
  const size_t bytes = std::min(limit, text_.size() - at_);
  out->append(text_, at_, bytes);
  at_ += bytes;
}

}  // namespace muster::sim
