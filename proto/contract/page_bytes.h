// How long a page of a list is as it is sent, which is what kMaxPageBytes bounds.
#ifndef PROTO_CONTRACT_PAGE_BYTES_H_
#define PROTO_CONTRACT_PAGE_BYTES_H_

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/message_lite.h>

#include <cstddef>
#include <cstdint>

namespace muster {

// Enough for what a page has beside its entries: numbers, and the token of the next one.
inline constexpr size_t kPageRestBytes = 128;

// Of an entry with its tag, which is one byte in fields below 16, and its length.
inline size_t BytesInPage(const google::protobuf::MessageLite& entry) {
  const size_t size = entry.ByteSizeLong();
  return 1 + google::protobuf::io::CodedOutputStream::VarintSize64(size) + size;
}

}  // namespace muster

#endif  // PROTO_CONTRACT_PAGE_BYTES_H_
