#include "service/api/raw_request.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "muster/v1/run_service.pb.h"
#include "proto/contract/error_details.h"

namespace muster::service {
namespace {

constexpr char kPassphrase[] = "a passphrase that no short string can hold";

v1::CreateRunRequest RequestWithSecrets() {
  v1::CreateRunRequest request;
  auto* local = request.mutable_spec()->mutable_login()->mutable_local();
  local->add_identity_files()->set_path("/a");
  local->add_identity_files()->set_passphrase(kPassphrase);
  return request;
}

// In pieces of this size, as frames may cut a request; gRPC keeps small ones within the buffer.
std::vector<grpc::Slice> Pieces(const std::string& text, size_t size) {
  std::vector<grpc::Slice> pieces;
  for (size_t i = 0; i < text.size(); i += size) pieces.emplace_back(text.substr(i, size));
  return pieces;
}

std::string TextOf(const grpc::ByteBuffer& bytes) {
  std::vector<grpc::Slice> pieces;
  EXPECT_TRUE(bytes.Dump(&pieces).ok());
  std::string text;
  for (const grpc::Slice& piece : pieces) text.append(piece.begin(), piece.end());
  return text;
}

TEST(RawRequestTest, ItsBytesAreOverwrittenWhateverTheirPieces) {
  const std::string text = RequestWithSecrets().SerializeAsString();
  for (const size_t size : {text.size(), size_t{100}, size_t{20}, size_t{1}}) {
    const std::vector<grpc::Slice> pieces = Pieces(text, size);
    const grpc::ByteBuffer bytes(pieces.data(), pieces.size());
    const auto taken = TakeRequest<v1::CreateRunRequest>(bytes);
    ASSERT_TRUE(taken.ok()) << size << ": " << taken.status();
    EXPECT_EQ((*taken)->spec().login().local().identity_files(1).passphrase(), kPassphrase);
    EXPECT_EQ(TextOf(bytes), std::string(text.size(), '\0')) << size;
  }
}

void ExpectUnreadable(const absl::Status& status, const std::string& text) {
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_EQ(status.message(), text);
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_REQUEST_UNREADABLE);
}

TEST(RawRequestTest, WhatCannotBeReadIsOverwrittenAndToldInASentence) {
  const std::string text = RequestWithSecrets().SerializeAsString() + "\xff\xff\xff";
  const std::vector<grpc::Slice> pieces = Pieces(text, 64);
  const grpc::ByteBuffer bytes(pieces.data(), pieces.size());
  ExpectUnreadable(TakeRequest<v1::CreateRunRequest>(bytes).status(),
                   "the request is not a muster.v1.CreateRunRequest");
  EXPECT_EQ(TextOf(bytes), std::string(text.size(), '\0'));
}

TEST(RawRequestTest, ACallWithoutItsRequestIsNoEmptyOne) {
  ExpectUnreadable(TakeRequest<v1::CreateRunRequest>(grpc::ByteBuffer()).status(),
                   "the call came without its request");
}

TEST(RawRequestTest, NothingIsAMessage) {
  EXPECT_TRUE(TakeRequest<v1::CreateRunRequest>(grpc::ByteBuffer(nullptr, 0)).ok());
}

}  // namespace
}  // namespace muster::service
