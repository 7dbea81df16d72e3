#include "proto/contract/error_details.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "proto/contract/grpc_status.h"

namespace muster {
namespace {

google::rpc::Status Decoded(const absl::Status& status) {
  google::rpc::Status decoded;
  EXPECT_TRUE(decoded.ParseFromString(GrpcStatus(status).error_details()));
  return decoded;
}

template <typename Detail>
absl::optional<Detail> DetailOf(const absl::Status& status) {
  Detail detail;
  const google::rpc::Status decoded = Decoded(status);
  for (const google::protobuf::Any& any : decoded.details()) {
    if (any.UnpackTo(&detail)) return detail;
  }
  return {};
}

TEST(ErrorDetailsTest, EachErrorHasAReason) {
  for (int code = 1; code <= 16; ++code) {
    const absl::Status status(static_cast<absl::StatusCode>(code), "why");
    const auto info = DetailOf<google::rpc::ErrorInfo>(status);
    ASSERT_TRUE(info.has_value()) << status;
    EXPECT_EQ(info->domain(), "muster");
    EXPECT_NE(ReasonIn(GrpcStatus(status).error_details()), v1::ERROR_REASON_UNSPECIFIED) << status;
  }
  EXPECT_EQ(GrpcStatus(absl::OkStatus()).error_details(), "");
}

TEST(ErrorDetailsTest, TheReasonThatWasGivenFirstStays) {
  absl::Status status = absl::NotFoundError("no run");
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_SOURCE_NOT_FOUND);
  status = WithReason(status, v1::ERROR_REASON_RUN_NOT_FOUND);
  status = WithReason(status, v1::ERROR_REASON_FAULT);
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(status)->reason(), "RUN_NOT_FOUND");
  EXPECT_TRUE(WithReason(absl::OkStatus(), v1::ERROR_REASON_FAULT).ok());
}

TEST(ErrorDetailsTest, EveryFaultyFieldIsNamedByItsPath) {
  const absl::Status status =
      FieldError({{"spec.login.port", "70000"}, {"spec.labels", "too many"}}, "spec.");
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_EQ(status.message(), "login.port: 70000; labels: too many");
  const auto fields = DetailOf<google::rpc::BadRequest>(status);
  ASSERT_EQ(fields->field_violations_size(), 2);
  EXPECT_EQ(fields->field_violations(0).field(), "spec.login.port");
  EXPECT_EQ(fields->field_violations(1).description(), "too many");
  EXPECT_TRUE(FieldError({}).ok());
}

// Clients read 8 KiB of metadata; there the text is escaped and the details are in base64.
TEST(ErrorDetailsTest, AllOfItFitsIntoMetadata) {
  std::vector<FieldProblem> problems;
  for (int i = 0; i < 1000; ++i)
    problems.push_back({std::string(5000, 'f'), std::string(5000, '\n')});
  const grpc::Status status = GrpcStatus(FieldError(problems));
  EXPECT_LT(3 * status.error_message().size(), 6200u);
  EXPECT_LT(absl::Base64Escape(status.error_details()).size(), 2000u);
}

TEST(ErrorDetailsTest, WhatMayPassSaysWhenToTryAgain) {
  EXPECT_TRUE(DetailOf<google::rpc::RetryInfo>(absl::UnavailableError("")).has_value());
  EXPECT_TRUE(DetailOf<google::rpc::RetryInfo>(
                  WithReason(absl::ResourceExhaustedError(""), v1::ERROR_REASON_BUSY))
                  .has_value());
  EXPECT_FALSE(DetailOf<google::rpc::RetryInfo>(absl::InvalidArgumentError("")).has_value());
  EXPECT_FALSE(DetailOf<google::rpc::RetryInfo>(absl::ResourceExhaustedError("")).has_value());
}

}  // namespace
}  // namespace muster
